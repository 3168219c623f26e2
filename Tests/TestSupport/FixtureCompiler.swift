package import Foundation

/// A compiler of fixtures that sees only the public API, as a user of the package does.
package struct FixtureCompiler {
    private let compiler: URL
    private let products: URL
    /// More compilers than processors would only compete for memory.
    private static let turnstile = Turnstile(ProcessInfo.processInfo.activeProcessorCount)

    /// Finds the compiler on the `PATH` and the modules beside the running test program.
    package init() throws {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let compilers = path.split(separator: ":").map { URL(filePath: String($0)).appending(path: "swiftc") }
        guard let compiler = compilers.first(where: { FileManager.default.isExecutableFile(atPath: $0.path()) }) else {
            throw NotFound(what: "swiftc in \(path)")
        }
        self.compiler = compiler
        products = try Products.folder()
    }

    /// Compiles a file up to the ownership checks, and compares the errors with the annotations in it.
    ///
    /// - Returns: The compiler's output when they differ; an empty text when they agree.
    package func compile(_ file: URL) async throws -> String {
        try await Self.turnstile.pass { try await run(file) }
    }

    private func run(_ file: URL) async throws -> String {
        // The compiler leaves folders behind in its temporary folder.
        let folder = FileManager.default.temporaryDirectory.appending(path: "compiler-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let (status, output) = try await Tool.run(
            compiler,
            [
                "-emit-sil", "-parse-as-library", "-o", "/dev/null", "-swift-version", "6", "-module-name", "Fixture",
                "-I", products.appending(path: "Modules").path(),
                "-Xcc",
                "-fmodule-map-file=" + products.appending(path: "COperatingSystem.build/module.modulemap").path(),
                "-Xfrontend", "-verify", "-Xfrontend", "-verify-ignore-unrelated", file.path(),
            ], variables: ["TMPDIR": folder.path()])
        return status == 0 ? "" : "swiftc ended with status \(status)\n\(output)"
    }

    /// Compiles and links a program that uses the library product `TypedEnvironments`.
    ///
    /// - Returns: The compiler's output when it fails; an empty text when the program was built.
    package func link(text: String, to program: URL) async throws -> String {
        try await Self.turnstile.pass {
            let folder = FileManager.default.temporaryDirectory.appending(path: "program-\(UUID().uuidString)")
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            defer { try? FileManager.default.removeItem(at: folder) }
            let file = folder.appending(path: "Program.swift")
            try text.write(to: file, atomically: false, encoding: .utf8)
            // The link file list of an example with the same libraries names the objects.
            let example = try String(
                contentsOf: products.appending(path: "minimal-deploy.product/Objects.LinkFileList"), encoding: .utf8)
            let objects = example.split(separator: "\n").map(String.init).filter {
                !$0.contains("/minimal_deploy.build/")
            }
            let (status, output) = try await Tool.run(
                compiler,
                [
                    "-parse-as-library", "-swift-version", "6", "-I", products.appending(path: "Modules").path(),
                    "-Xcc",
                    "-fmodule-map-file=" + products.appending(path: "COperatingSystem.build/module.modulemap").path(),
                    file.path(), "-o", program.path(),
                ] + objects, variables: ["TMPDIR": folder.path()])
            return status == 0 ? "" : "swiftc ended with status \(status)\n\(output)"
        }
    }

    /// Compiles a text.
    package func compile(text: String) async throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fixture-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "Fixture.swift")
        try text.write(to: file, atomically: false, encoding: .utf8)
        return try await compile(file)
    }
}

/// An error for a missing requirement of the tests.
package struct NotFound: Error, CustomStringConvertible {
    package let what: String

    package init(what: String) { self.what = what }

    package var description: String { "there is no \(what)" }
}
