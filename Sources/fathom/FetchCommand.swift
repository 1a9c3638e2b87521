import ArgumentParser
struct FetchCommand: ParsableCommand {}
