import Foundation

/// Compiles a fixture as a user of the package would: it sees only what is public.
struct FixtureCompiler {
    private let compiler: URL
    private let products: URL

    /// Finds the compiler by `PATH` and the modules beside the running test program.
    init() throws {
        let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
        let compilers = path.split(separator: ":").map { URL(filePath: String($0)).appending(path: "swiftc") }
        guard let compiler = compilers.first(where: { FileManager.default.isExecutableFile(atPath: $0.path()) }) else {
            throw NotFound(what: "swiftc in \(path)")
        }
        self.compiler = compiler
        let programs = [Bundle.main.bundleURL] + CommandLine.arguments.map { URL(filePath: $0) }
        guard let products = programs.lazy.flatMap(Self.folders).first(where: Self.hasModules) else {
            throw NotFound(what: "EnvironmentDomain.swiftmodule beside \(programs.map { $0.path() })")
        }
        self.products = products
    }

    /// Compiles a file down to where ownership is checked, and compares the errors with the annotations in it.
    ///
    /// - Returns: what the compiler has to say when they differ; an empty text when they agree.
    func compile(_ file: URL) throws -> String {
        let process = Process()
        process.executableURL = compiler
        process.arguments = [
            "-emit-sil", "-o", "/dev/null", "-swift-version", "6", "-module-name", "Fixture",
            "-I", products.appending(path: "Modules").path(),
            "-Xcc", "-fmodule-map-file=" + products.appending(path: "COperatingSystem.build/module.modulemap").path(),
            "-Xfrontend", "-verify", "-Xfrontend", "-verify-ignore-unrelated", file.path(),
        ]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        process.standardInput = FileHandle.nullDevice
        try process.run()
        let output = try pipe.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        guard process.terminationStatus != 0 else { return "" }
        return "swiftc ended with status \(process.terminationStatus)\n" + String(decoding: output, as: UTF8.self)
    }

    /// Compiles a text that is written by a test.
    func compile(text: String) throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "fixture-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "Fixture.swift")
        try text.write(to: file, atomically: false, encoding: .utf8)
        return try compile(file)
    }

    private static func folders(above program: URL) -> [URL] {
        let parts = program.standardizedFileURL.resolvingSymlinksInPath().pathComponents
        return (1..<max(parts.count, 2)).reversed().map { count in
            URL(filePath: "/" + parts[1..<count].joined(separator: "/"))
        }
    }

    private static func hasModules(_ folder: URL) -> Bool {
        FileManager.default.fileExists(atPath: folder.appending(path: "Modules/EnvironmentDomain.swiftmodule").path())
    }
}

/// Something that these tests need is not there.
struct NotFound: Error, CustomStringConvertible {
    let what: String

    var description: String { "there is no \(what)" }
}

/// The package's own files.
enum PackageFiles {
    static let root = URL(filePath: #filePath).appending(path: "../../../..").standardizedFileURL

    /// All Swift files of a folder and the folders in it.
    static func swiftFiles(in folder: String) -> [URL] {
        let files = FileManager.default.enumerator(at: root.appending(path: folder), includingPropertiesForKeys: nil)
        return (files?.compactMap { $0 as? URL } ?? [])
            .filter { $0.pathExtension == "swift" }
            .sorted { $0.path() < $1.path() }
    }

    /// The names of the fixtures of a folder.
    static func fixtures(_ folder: String) -> [String] {
        swiftFiles(in: "Tests/CompileTests/Fixtures/\(folder)").map { $0.deletingPathExtension().lastPathComponent }
    }

    static func fixture(_ folder: String, _ name: String) -> URL {
        root.appending(path: "Tests/CompileTests/Fixtures/\(folder)/\(name).swift")
    }
}
