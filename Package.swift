// swift-tools-version: 6.1
import Foundation
import PackageDescription

// libtorch is where LIBTORCH says, else where Scripts/libtorch put it.
let libtorch = ProcessInfo.processInfo.environment["LIBTORCH"] ?? Context.packageDirectory + "/.deps/libtorch"

// Apache Arrow is where Scripts/arrow put it, or nowhere: without it everything builds, and files in its
// forms are refused with a sentence.
let arrow = Context.packageDirectory + "/.deps/arrow"
let hasArrow = FileManager.default.fileExists(atPath: arrow + "/include/arrow/api.h")

// Arrow's headers are C++20, the package is C++17, whose flag comes last.
let arrowHeaders: [CXXSetting] =
  hasArrow
  ? [
    .define("FATHOM_ARROW"),
    .unsafeFlags(["-isystem", "\(arrow)/include", "-Xclang", "-std=c++20", "-O2", "-g0", "-Wall", "-Wextra"]),
  ] : []

let arrowLibraries: [LinkerSetting] =
  hasArrow
  ? [
    .unsafeFlags(["-L\(arrow)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(arrow)/lib"]),
    .linkedLibrary("parquet"), .linkedLibrary("arrow"),
  ] : []

let engine: [LinkerSetting] = [
  .unsafeFlags(["-L\(libtorch)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(libtorch)/lib"]),
  .linkedLibrary("torch_cpu"),
  .linkedLibrary("c10"),
]

// Optimised in debug builds too: tests and development run on real models.
let engineHeaders: [CXXSetting] = [
  .unsafeFlags([
    "-isystem", "\(libtorch)/include", "-isystem", "\(libtorch)/include/torch/csrc/api/include",
    "-O2", "-g0", "-Wall", "-Wextra",
  ])
]

/// Optimised in debug builds too: tests go through megabytes of text, files and drawn studies in them.
func busyRoom(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(
    name: name, dependencies: dependencies,
    swiftSettings: [.unsafeFlags(["-O"], .when(configuration: .debug))])
}

func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies)
}

func tests(_ name: String, _ dependencies: [Target.Dependency] = [], exclude: [String] = []) -> Target {
  .testTarget(
    name: name + "Tests", dependencies: [.byName(name: name), "Fixtures"] + dependencies,
    exclude: exclude, linkerSettings: engine)
}

let package = Package(
  name: "Fathom",
  platforms: [.macOS(.v14)],
  products: [
    .library(
      name: "Fathom",
      targets: [
        "Files", "Tables", "Torch", "WordPiece", "Checkpoint", "Encoder", "Classification", "Corpus",
        "Training", "Study", "Attention", "Report", "Hub",
      ]),
    .executable(name: "fathom", targets: ["fathom"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.0.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0", traits: []),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.0.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.0.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.0.0"),
    .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.4.0"),
  ],
  targets: [
    .target(
      name: "CKernels", exclude: ["KERNELS.md"], cxxSettings: engineHeaders, linkerSettings: engine),
    .target(name: "CTorch", dependencies: ["CKernels"], cxxSettings: engineHeaders, linkerSettings: engine),
    .target(name: "CArrow", cxxSettings: arrowHeaders, linkerSettings: arrowLibraries),
    room("Files", [.product(name: "Crypto", package: "swift-crypto")]),
    room("Hub", ["Files"]),
    room("Torch", ["CTorch", "Files"]),
    busyRoom("Tables", ["CArrow", "Files"]),
    busyRoom("WordPiece", ["Files"]),
    busyRoom("Checkpoint", ["Torch", "Files"]),
    room("Encoder", ["Torch", "Checkpoint", "Files"]),
    room("Classification", ["Files", "Torch", "WordPiece", "Checkpoint", "Encoder"]),
    busyRoom("Corpus", ["Files", "Tables", .product(name: "Crypto", package: "swift-crypto")]),
    .target(
      name: "Training",
      dependencies: [
        "Files", "Torch", "WordPiece", "Checkpoint", "Encoder", "Classification", "Corpus",
        .product(name: "SwiftProtobuf", package: "swift-protobuf"),
      ],
      exclude: ["TensorBoard/event.proto"]),
    busyRoom(
      "Study",
      [
        "Files", "Torch", "Checkpoint", "Encoder", "Classification", "Corpus", "Training",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    room("Benchmark", ["Torch", "Encoder", "Classification", "Corpus", "Training"]),
    busyRoom("Attention", ["Files", "Torch", "WordPiece", "Checkpoint", "Encoder", "Classification"]),
    room("Charts", []),
    .target(
      name: "Report",
      dependencies: [
        "Files", "Classification", "Training", "Study", "Attention", "Charts",
        .product(name: "Mustache", package: "swift-mustache"),
      ],
      resources: [.embedInCode("Resources")]),
    room(
      "Server",
      [
        "Files", "Checkpoint", "Classification", "Training", "Study", "Attention", "Report",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]),
    .executableTarget(
      name: "fathom",
      dependencies: [
        "Files", "Hub", "Torch", "WordPiece", "Checkpoint", "Encoder", "Classification", "Corpus", "Training",
        "Study", "Benchmark", "Attention", "Report", "Server",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      linkerSettings: engine),
    .target(
      name: "Fixtures",
      dependencies: [
        "Files", "Torch", "WordPiece", "Checkpoint", "Encoder", "Classification", "Training",
        .product(name: "Crypto", package: "swift-crypto"),
      ],
      path: "Tests/Fixtures"),
    tests("Files"),
    tests("Hub", ["Files"]),
    .target(
      name: "Mutation",
      dependencies: [
        "Files", "Tables", "WordPiece", "Checkpoint", "Encoder", "Corpus", "Training", "Study",
      ],
      path: "Tools/fuzz/Mutation"),
    .executableTarget(
      name: "fuzz",
      dependencies: ["Mutation", .product(name: "ArgumentParser", package: "swift-argument-parser")],
      path: "Tools/fuzz/Command", linkerSettings: engine),
    tests("Mutation"),
    tests("Torch", ["Files"]),
    tests("WordPiece", ["Files"]),
    tests("Checkpoint", ["Files", "Torch"]),
    tests("Encoder", ["Files", "Torch", "Checkpoint"]),
    tests("Classification", ["Files", "Torch", "WordPiece", "Checkpoint", "Encoder"]),
    tests("Tables", ["Files"]),
    tests("Corpus", ["Files", "Tables"]),
    tests("Training", ["Files", "Torch", "WordPiece", "Checkpoint", "Encoder", "Classification", "Corpus"]),
    tests(
      "Study",
      [
        "Files", "Torch", "WordPiece", "Encoder", "Classification", "Corpus", "Training",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    tests("Benchmark", ["Torch", "Encoder"]),
    tests("Attention", ["Files", "Torch", "WordPiece", "Checkpoint", "Encoder", "Classification"]),
    tests("Charts"),
    tests(
      "Report",
      ["Files", "Torch", "Checkpoint", "Encoder", "Classification", "Training", "Study", "Attention"],
      exclude: ["highlights.js"]),
    tests(
      "Server",
      [
        "Files", "WordPiece", "Encoder", "Classification",
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"), .product(name: "NIOEmbedded", package: "swift-nio"),
      ]),
    tests(
      "fathom",
      [
        "Files", "Torch", "Tables", "Checkpoint", "Study",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
  ],
  cxxLanguageStandard: .cxx17
)
