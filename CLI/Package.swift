// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("ImmutableWeakCaptures"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

let package = Package(
    name: "envctl",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "EnvironmentTool", targets: ["EnvironmentTool"]),
        .executable(name: "envctl", targets: ["envctl"]),
    ],
    traits: [
        .trait(name: "PostgreSQL", description: "Environments in a PostgreSQL database; needs libpq (libpq-dev).")
    ],
    dependencies: [
        .package(
            name: "typed-environments", path: "..",
            traits: [.trait(name: "PostgreSQL", condition: .when(traits: ["PostgreSQL"]))]),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swhitty/FlyingFox", from: "0.27.1"),
    ],
    targets: [
        .target(
            name: "EnvironmentPage",
            dependencies: [
                .product(name: "CommandLineProgram", package: "typed-environments"),
                .product(name: "EnvironmentDomain", package: "typed-environments"),
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EnvironmentPageTests",
            dependencies: [
                "EnvironmentPage",
                .product(name: "CommandLineProgram", package: "typed-environments"),
                .product(name: "EnvironmentDomain", package: "typed-environments"),
                .product(name: "JSONText", package: "typed-environments"),
            ],
            swiftSettings: settings),
        .target(
            name: "EnvironmentTool",
            dependencies: [
                "EnvironmentPage",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "CommandLineProgram", package: "typed-environments"),
                .product(name: "Commands", package: "typed-environments"),
                .product(name: "DocumentStore", package: "typed-environments"),
                .product(name: "EnvironmentDomain", package: "typed-environments"),
                .product(name: "FlyingSocks", package: "FlyingFox"),
                .product(name: "JSONText", package: "typed-environments"),
                .product(name: "Persistence", package: "typed-environments"),
                .product(
                    name: "PostgresPersistence", package: "typed-environments",
                    condition: .when(traits: ["PostgreSQL"])),
            ],
            swiftSettings: settings),
        .executableTarget(name: "envctl", dependencies: ["EnvironmentTool"], swiftSettings: settings),
        .executableTarget(
            name: "shop",
            dependencies: [
                "EnvironmentTool", .product(name: "TypedEnvironments", package: "typed-environments"),
            ],
            path: "Examples/shop", swiftSettings: settings),
        .testTarget(
            name: "EnvctlTests",
            dependencies: [
                "EnvironmentPage", "EnvironmentTool", "envctl", "shop",
                .product(name: "Commands", package: "typed-environments"),
                .product(name: "EnvironmentDomain", package: "typed-environments"),
                .product(name: "JSONText", package: "typed-environments"),
                .product(name: "Persistence", package: "typed-environments"),
            ],
            swiftSettings: settings),
    ]
)
