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
    name: "postgres-persistence",
    platforms: [.macOS(.v15)],
    products: [.library(name: "PostgresPersistence", targets: ["PostgresPersistence"])],
    dependencies: [.package(name: "typed-environments", path: "../..")],
    targets: [
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .target(
            name: "PostgresPersistence",
            dependencies: [
                "CLibPQ",
                .product(name: "EnvironmentDomain", package: "typed-environments"),
                .product(name: "JSONText", package: "typed-environments"),
                .product(name: "Persistence", package: "typed-environments"),
            ],
            swiftSettings: librarySettings),
        .executableTarget(
            name: "postgres-benchmarks",
            dependencies: [
                "PostgresPersistence",
                .product(name: "EnvironmentDomain", package: "typed-environments"),
                .product(name: "Persistence", package: "typed-environments"),
            ],
            path: "Benchmarks", exclude: ["run", "results.md"], swiftSettings: settings),
        .executableTarget(
            name: "postgres-probe",
            dependencies: [
                "PostgresPersistence",
                .product(name: "EnvironmentDomain", package: "typed-environments"),
                .product(name: "Persistence", package: "typed-environments"),
            ],
            path: "Tests/PostgresProbe", swiftSettings: settings),
        .testTarget(
            name: "PostgresPersistenceTests",
            dependencies: [
                "PostgresPersistence", "postgres-probe",
                .product(name: "EnvironmentDomain", package: "typed-environments"),
                .product(name: "EnvironmentRepositoryConformance", package: "typed-environments"),
                .product(name: "Persistence", package: "typed-environments"),
                .product(name: "Commands", package: "typed-environments"),
            ],
            swiftSettings: settings),
    ]
)
