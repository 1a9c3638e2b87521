// swift-tools-version: 6.0
import PackageDescription

let package = Package(
  name: "Sentiment",
  platforms: [.macOS(.v14)],
  dependencies: [.package(name: "Fathom", path: "../..")],
  targets: [.executableTarget(name: "Sentiment", dependencies: [.product(name: "Fathom", package: "Fathom")])]
)
