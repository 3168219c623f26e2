import Foundation
import Testing

@Suite("A package that depends on this one by URL")
struct DependencyTests {
    /// Builds the newest commit, because a package manager clones the repository.
    ///
    /// The build of the root package shows that nothing is needed without the trait.
    @Test("gets PostgreSQL with the trait")
    func byURL() async throws {
        let root = URL(filePath: #filePath).appending(path: "../../../../..").standardizedFileURL.path()
        let folder = try newFolder()
        let package = folder + "/typed-environments"
        try await Program.check(["git", "clone", "--quiet", root, package])
        let commit = try await Program.check(["git", "-C", package, "rev-parse", "HEAD"]).prefix { !$0.isNewline }
        let sources = folder + "/shop/Sources/shop"
        try FileManager.default.createDirectory(atPath: sources, withIntermediateDirectories: true)
        try Self.program.write(toFile: sources + "/Shop.swift", atomically: false, encoding: .utf8)
        try Self.manifest(package, String(commit))
            .write(toFile: folder + "/shop/Package.swift", atomically: false, encoding: .utf8)
        try await Program.check(["swift", "build", "--package-path", folder + "/shop"])
        let output = try await Program.check([folder + "/shop/.build/debug/shop"])
        #expect(output == "PostgresEnvironmentRepository\n")
    }

    private static func manifest(_ package: String, _ commit: String) -> String {
        """
        // swift-tools-version: 6.2
        import PackageDescription

        let package = Package(
            name: "shop", platforms: [.macOS(.v15)],
            dependencies: [.package(url: "file://\(package)", revision: "\(commit)", traits: ["PostgreSQL"])],
            targets: [
                .executableTarget(
                    name: "shop",
                    dependencies: [.product(name: "PostgresPersistence", package: "typed-environments")])
            ]
        )
        """
    }

    private static let program = """
        import PostgresPersistence

        @main struct Shop {
            static func main() throws {
                print(type(of: try PostgresEnvironmentRepository(PostgresServer("dbname=shop"))))
            }
        }
        """
}
