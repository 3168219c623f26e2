// swift-tools-version: 6.2
import PackageDescription

let package = Package(
    name: "benchmarks",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "typed-environments", path: "..")],
    targets: [
        .target(name: "CPeers", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .executableTarget(name: "measure-process", path: "Sources/MeasureProcess"),
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "CPeers",
                .product(name: "DocumentStore", package: "typed-environments"),
                .product(name: "EnvironmentDomain", package: "typed-environments"),
                .product(name: "Persistence", package: "typed-environments"),
            ],
            path: "Sources/Benchmarks",
            swiftSettings: [
                .enableUpcomingFeature("ExistentialAny"),
                .enableUpcomingFeature("InternalImportsByDefault"),
                .enableUpcomingFeature("MemberImportVisibility"),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
                .treatAllWarnings(as: .error),
            ]),
    ]
)
