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

let domain = Target.Dependency.product(name: "EnvironmentDomain", package: "typed-environments")
let commands = Target.Dependency.product(name: "Commands", package: "typed-environments")
let persistence = Target.Dependency.product(name: "Persistence", package: "typed-environments")
let conformance = Target.Dependency.product(
    name: "EnvironmentRepositoryConformance", package: "typed-environments")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let metrics = Target.Dependency.product(name: "Metrics", package: "swift-metrics")
let tracing = Target.Dependency.product(name: "Tracing", package: "swift-distributed-tracing")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let logsInMemory = Target.Dependency.product(name: "InMemoryLogging", package: "swift-log")
let metricsInMemory = Target.Dependency.product(name: "MetricsTestKit", package: "swift-metrics")
let spansInMemory = Target.Dependency.product(name: "InMemoryTracing", package: "swift-distributed-tracing")

let package = Package(
    name: "typed-environments-integrations",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "EnvironmentLogging", targets: ["EnvironmentLogging"]),
        .library(name: "EnvironmentMetrics", targets: ["EnvironmentMetrics"]),
        .library(name: "EnvironmentTracing", targets: ["EnvironmentTracing"]),
        .library(name: "EnvironmentServiceLifecycle", targets: ["EnvironmentServiceLifecycle"]),
    ],
    dependencies: [
        .package(name: "typed-environments", path: ".."),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.3"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .target(name: "EnvironmentLogging", dependencies: [domain, logging], swiftSettings: librarySettings),
        .target(name: "EnvironmentMetrics", dependencies: [domain, metrics], swiftSettings: librarySettings),
        .target(name: "EnvironmentTracing", dependencies: [domain, commands, tracing], swiftSettings: librarySettings),
        .target(
            name: "EnvironmentServiceLifecycle", dependencies: [domain, commands, lifecycle, signals],
            swiftSettings: librarySettings),
        .executableTarget(
            name: "deploy-service",
            dependencies: [
                "EnvironmentLogging", "EnvironmentMetrics", "EnvironmentTracing", "EnvironmentServiceLifecycle",
                domain, commands, persistence, logging, metrics, tracing, lifecycle, signals, metricsInMemory,
                spansInMemory,
            ],
            path: "Examples/deploy-service", swiftSettings: settings),
        .target(
            name: "IntegrationTestSupport", dependencies: [domain, commands], path: "Tests/IntegrationTestSupport",
            swiftSettings: settings),
        .testTarget(
            name: "EnvironmentLoggingTests",
            dependencies: [
                "EnvironmentLogging", "IntegrationTestSupport", domain, commands, persistence, logging, logsInMemory,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EnvironmentMetricsTests",
            dependencies: [
                "EnvironmentMetrics", "IntegrationTestSupport", domain, commands, persistence, conformance, metrics,
                metricsInMemory,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EnvironmentTracingTests",
            dependencies: [
                "EnvironmentTracing", "IntegrationTestSupport", domain, commands, persistence, tracing, spansInMemory,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EnvironmentServiceLifecycleTests",
            dependencies: [
                "EnvironmentServiceLifecycle", "IntegrationTestSupport", domain, commands, persistence, lifecycle,
                logging, signals,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "DeployServiceTests",
            dependencies: [
                "deploy-service", "EnvironmentLogging", "EnvironmentMetrics", "EnvironmentTracing",
                "EnvironmentServiceLifecycle", "IntegrationTestSupport", domain, commands, persistence, logging,
                metrics, tracing, lifecycle, signals,
            ],
            swiftSettings: settings),
    ]
)
