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
    name: "postgres-persistence-tests",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "typed-environments", path: "../..", traits: ["PostgreSQL"])],
    targets: [
        .executableTarget(
            name: "postgres-benchmarks",
            dependencies: [
                .product(name: "PostgresPersistence", package: "typed-environments"),
                .product(name: "EnvironmentDomain", package: "typed-environments"),
                .product(name: "Persistence", package: "typed-environments"),
            ],
            path: "Benchmarks", exclude: ["run", "results.md"], swiftSettings: settings),
        .executableTarget(
            name: "postgres-probe",
            dependencies: [
                .product(name: "PostgresPersistence", package: "typed-environments"),
                .product(name: "EnvironmentDomain", package: "typed-environments"),
                .product(name: "Persistence", package: "typed-environments"),
            ],
            path: "Tests/PostgresProbe", swiftSettings: settings),
        .testTarget(
            name: "PostgresPersistenceTests",
            dependencies: [
                "postgres-probe",
                .product(name: "PostgresPersistence", package: "typed-environments"),
                .product(name: "EnvironmentDomain", package: "typed-environments"),
                .product(name: "EnvironmentRepositoryConformance", package: "typed-environments"),
                .product(name: "Persistence", package: "typed-environments"),
                .product(name: "Commands", package: "typed-environments"),
            ],
            swiftSettings: settings),
    ]
)
