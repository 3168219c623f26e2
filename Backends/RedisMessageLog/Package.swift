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
let librarySettings = settings + [.treatWarning("ExplicitSendable", as: .error)]

let package = Package(
    name: "redis-message-log",
    platforms: [.macOS(.v15)],
    products: [.library(name: "RedisMessageLog", targets: ["RedisMessageLog"])],
    dependencies: [.package(name: "typed-environments", path: "../..")],
    targets: [
        // Without pkgConfig: hiredis' own names a flag that the package manager refuses, and warns of in every build.
        .systemLibrary(name: "CHiRedis", providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        .target(
            name: "RedisMessageLog",
            dependencies: [
                "CHiRedis", .product(name: "EnvironmentDomain", package: "typed-environments"),
                .product(name: "JSONText", package: "typed-environments"),
            ],
            swiftSettings: librarySettings),
        .testTarget(
            name: "RedisMessageLogTests",
            dependencies: [
                "RedisMessageLog", .product(name: "EnvironmentDomain", package: "typed-environments"),
            ],
            swiftSettings: settings),
    ]
)
