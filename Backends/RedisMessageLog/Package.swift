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
    name: "redis-message-log-tests",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "typed-environments", path: "../..", traits: ["Redis"])],
    targets: [
        .testTarget(
            name: "RedisMessageLogTests",
            dependencies: [
                .product(name: "RedisMessageLog", package: "typed-environments"),
                .product(name: "EnvironmentDomain", package: "typed-environments"),
            ],
            swiftSettings: settings)
    ]
)
