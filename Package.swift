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
    name: "typed-environments",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "DocumentStore", targets: ["DocumentStore"]),
        .library(name: "JSONText", targets: ["JSONText"]),
        .library(name: "EnvironmentDomain", targets: ["EnvironmentDomain", "EnvironmentHost"]),
        .library(name: "Persistence", targets: ["Persistence"]),
        .library(name: "Commands", targets: ["Commands"]),
        .library(name: "OpenTofuProvider", targets: ["OpenTofuProvider"]),
        .library(name: "TypedEnvironments", targets: ["TypedEnvironments"]),
        .library(name: "CommandLineProgram", targets: ["CommandLineProgram"]),
        .library(name: "EnvironmentRepositoryConformance", targets: ["EnvironmentRepositoryConformance"]),
        .library(name: "PostgresPersistence", targets: ["PostgresPersistence"]),
        .library(name: "RedisMessageLog", targets: ["RedisMessageLog"]),
        .executable(name: "minimal-deploy", targets: ["minimal-deploy"]),
        .executable(name: "example-provision", targets: ["example-provision"]),
        .executable(name: "example-daemon-state", targets: ["example-daemon-state"]),
        .executable(name: "example-resource-state", targets: ["example-resource-state"]),
    ],
    traits: [
        .trait(name: "PostgreSQL", description: "Environments in a PostgreSQL database; needs libpq (libpq-dev)."),
        .trait(name: "Redis", description: "Message logs on Redis; needs hiredis (libhiredis-dev)."),
    ],
    targets: [
        .target(name: "JSONText", swiftSettings: librarySettings),
        .target(name: "COperatingSystem"),
        .target(name: "OperatingSystem", dependencies: ["COperatingSystem"], swiftSettings: librarySettings),
        .target(
            name: "DocumentStore", dependencies: ["JSONText", "OperatingSystem"], swiftSettings: librarySettings),
        .target(name: "EnvironmentDomain", swiftSettings: librarySettings),
        .target(
            name: "EnvironmentHost", dependencies: ["EnvironmentDomain", "OperatingSystem"],
            swiftSettings: librarySettings),
        .target(
            name: "Persistence",
            dependencies: ["DocumentStore", "EnvironmentDomain", "EnvironmentHost", "JSONText", "OperatingSystem"],
            swiftSettings: librarySettings),
        .target(
            name: "EnvironmentRepositoryConformance",
            dependencies: ["EnvironmentDomain", "EnvironmentHost", "OperatingSystem"], swiftSettings: librarySettings),
        .target(
            name: "Commands", dependencies: ["EnvironmentDomain", "EnvironmentHost", "JSONText", "OperatingSystem"],
            swiftSettings: librarySettings),
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
        .target(
            name: "PostgresPersistence",
            dependencies: [
                .target(name: "CLibPQ", condition: .when(traits: ["PostgreSQL"])), "DocumentStore", "EnvironmentDomain",
                "JSONText", "OperatingSystem", "Persistence",
            ],
            swiftSettings: librarySettings),
        // Without pkgConfig: hiredis' own names a flag that the package manager refuses, and warns of in every build.
        .systemLibrary(name: "CHiRedis", providers: [.apt(["libhiredis-dev"]), .brew(["hiredis"])]),
        .target(
            name: "RedisMessageLog",
            dependencies: [
                .target(name: "CHiRedis", condition: .when(traits: ["Redis"])), "EnvironmentDomain", "JSONText",
                "OperatingSystem",
            ],
            swiftSettings: librarySettings),
        .target(
            name: "OpenTofuProvider", dependencies: ["Commands", "EnvironmentDomain", "JSONText", "OperatingSystem"],
            swiftSettings: librarySettings),
        .target(
            name: "TypedEnvironments", dependencies: ["Commands", "EnvironmentDomain", "Persistence"],
            swiftSettings: librarySettings),
        .target(
            name: "CommandLineProgram",
            dependencies: [
                "Commands", "DocumentStore", "EnvironmentDomain", "JSONText", "OpenTofuProvider", "OperatingSystem",
                "Persistence",
            ],
            swiftSettings: librarySettings),
        .executableTarget(
            name: "minimal-deploy",
            // What it imports is TypedEnvironments alone; without the others an incremental build keeps an old object file
            // when they change.
            dependencies: ["Commands", "EnvironmentDomain", "Persistence", "TypedEnvironments"],
            path: "Examples/minimal-deploy", swiftSettings: settings),
        .executableTarget(
            name: "example-provision",
            dependencies: ["CommandLineProgram", "EnvironmentDomain", "Persistence", "Commands"],
            path: "Examples/example-provision", swiftSettings: settings),
        .executableTarget(
            name: "example-daemon-state",
            dependencies: ["EnvironmentDomain", "JSONText", "Persistence", "OperatingSystem"],
            path: "Examples/example-daemon-state", swiftSettings: settings),
        .executableTarget(
            name: "example-resource-state",
            dependencies: ["EnvironmentDomain", "JSONText", "Persistence", "OperatingSystem"],
            path: "Examples/example-resource-state", swiftSettings: settings),
        .testTarget(
            name: "ExampleStateTests",
            dependencies: ["example-daemon-state", "example-resource-state", "OperatingSystem", "TestSupport"],
            swiftSettings: settings),
        .target(
            name: "TestSupport", dependencies: ["OperatingSystem"], path: "Tests/TestSupport", swiftSettings: settings),
        .testTarget(
            name: "EnvironmentDomainTests",
            dependencies: ["EnvironmentDomain", "EnvironmentHost", "OperatingSystem", "TestSupport"],
            exclude: ["Golden"], swiftSettings: settings),
        .testTarget(
            name: "ExampleProvisionTests",
            dependencies: ["example-provision", "EnvironmentDomain", "Persistence", "OperatingSystem", "TestSupport"],
            exclude: ["VersionOne"], swiftSettings: settings),
        .testTarget(
            name: "CompileTests",
            dependencies: [
                "EnvironmentDomain", "EnvironmentRepositoryConformance", "Persistence", "Commands", "TestSupport",
                "TypedEnvironments",
            ],
            exclude: ["Fixtures"], swiftSettings: settings),
        .executableTarget(
            name: "persistence-probe",
            dependencies: ["DocumentStore", "EnvironmentDomain", "Persistence", "OperatingSystem"],
            path: "Tests/PersistenceProbe", swiftSettings: settings),
        .executableTarget(name: "fault-injector", path: "Tests/FaultInjector"),
        .executableTarget(
            name: "fault-harness",
            dependencies: [
                "DocumentStore", "EnvironmentDomain", "Persistence", "OperatingSystem", "persistence-probe",
                "fault-injector",
                "example-provision",
            ],
            path: "Tests/FaultHarness", exclude: ["Mutants"], swiftSettings: settings),
        .testTarget(
            name: "DocumentationTests",
            dependencies: [
                "DocumentStore", "EnvironmentDomain", "EnvironmentRepositoryConformance", "Persistence", "Commands",
                "TestSupport", "TypedEnvironments", "example-provision", "example-daemon-state",
                "example-resource-state", "minimal-deploy",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "JSONTextTests", dependencies: ["JSONText", "TestSupport"], swiftSettings: settings),
        .testTarget(name: "CommandLineProgramTests", dependencies: ["CommandLineProgram"], swiftSettings: settings),
        .testTarget(
            name: "CommandsTests",
            dependencies: [
                "Commands", "DocumentStore", "EnvironmentDomain", "JSONText", "OpenTofuProvider", "OperatingSystem",
                "Persistence", "TestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "DocumentStoreTests", dependencies: ["DocumentStore", "OperatingSystem"], swiftSettings: settings),
        .testTarget(
            name: "PersistenceTests",
            dependencies: [
                "EnvironmentDomain", "EnvironmentRepositoryConformance", "JSONText", "Persistence", "OperatingSystem",
                "persistence-probe", "TestSupport",
            ],
            exclude: ["Golden"], swiftSettings: settings),
    ]
)

// Links with libFuzzer, which is not there in an ordinary build: Scripts/fuzz.
if Context.environment["FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "decoder-fuzzer", dependencies: ["EnvironmentDomain", "JSONText", "Persistence"],
            path: "Tests/DecoderFuzzer", swiftSettings: settings))
}
