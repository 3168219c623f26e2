import Foundation
import Testing

@Suite("A package that depends on this one by URL")
struct DependencyTests {
    /// Builds the newest commit, since a package manager clones.
    @Test("gets PostgreSQL with the trait and links no libpq without it")
    func byURL() async throws {
        let root = URL(filePath: #filePath).appending(path: "../../../../..").standardizedFileURL.path()
        let folder = try newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await Program.check(["git", "clone", "--quiet", root, folder + "/typed-environments"])
        let commit = try await Program.check(["git", "-C", folder + "/typed-environments", "rev-parse", "HEAD"])
            .trimmingCharacters(in: .whitespacesAndNewlines)
        let sources = folder + "/shop/Sources/shop"
        try FileManager.default.createDirectory(atPath: sources, withIntermediateDirectories: true)
        try Self.program.write(toFile: sources + "/Shop.swift", atomically: false, encoding: .utf8)

        for (traits, expected) in [("[\"PostgreSQL\"]", "PostgreSQL"), ("[]", "files")] {
            try Self.manifest(folder + "/typed-environments", commit, traits)
                .write(toFile: folder + "/shop/Package.swift", atomically: false, encoding: .utf8)
            let build = ["swift", "build", "--package-path", folder + "/shop", "--product", "shop"]
            try await Program.check(build)
            let program = folder + "/shop/.build/debug/shop"
            #expect(try await Program.check([program]) == expected + "\n")
            let libraries = try await Program.check(["ldd", program])
            #expect(libraries.contains("libpq") == (expected == "PostgreSQL"))
        }
    }

    private static func manifest(_ package: String, _ commit: String, _ traits: String) -> String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
            name: "shop", platforms: [.macOS(.v15)],
            dependencies: [.package(url: "file://\(package)", revision: "\(commit)", traits: \(traits))],
            targets: [
                .executableTarget(
                    name: "shop",
                    dependencies: [
                        .product(name: "Persistence", package: "typed-environments"),
                        .product(name: "PostgresPersistence", package: "typed-environments"),
                    ],
                    swiftSettings: \(traits == "[]" ? "[]" : "[.define(\"PostgreSQL\")]"))
            ]
        )
        """
    }

    private static let program = """
        import Persistence
        #if PostgreSQL
            import PostgresPersistence
        #endif

        @main struct Shop {
            static func main() throws {
                #if PostgreSQL
                    _ = try PostgresEnvironmentRepository(PostgresServer("dbname=shop"), workspaces: "data")
                    print("PostgreSQL")
                #else
                    _ = try FileEnvironmentRepository(dataFolder: "data")
                    print("files")
                #endif
            }
        }
        """
}
