import ArgumentParser
struct StudyCommand: ParsableCommand {}
struct FetchCommand: ParsableCommand {}
