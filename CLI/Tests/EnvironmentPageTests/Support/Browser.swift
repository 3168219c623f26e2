import Foundation
import Testing

/// A browser without a window that loads a file and prints what it has become (Chromium).
enum Browser {
    /// The program; `nil` where there is none.
    static let program: String? = {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let names = ["chromium", "chromium-browser", "google-chrome", "chrome"]
        return names.lazy.flatMap { name in folders.map { "\($0)/\(name)" } }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()

    static let isThere: Bool = {
        if program == nil { print("skipped: no chromium on the PATH (apt-get install chromium), so no page is opened") }
        return program != nil
    }()

    /// Opens pages by name, which are in one folder, and returns the document that the first one has become.
    static func document(_ pages: KeyValuePairs<String, String>, zone: String = "UTC") async throws -> String {
        let folder = FileManager.default.temporaryDirectory.appending(path: "page-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for (name, text) in pages { try Data(text.utf8).write(to: folder.appending(path: name)) }
        let output = folder.appending(path: "output.html")
        try Data().write(to: output)
        let process = Process()
        process.executableURL = URL(filePath: try #require(program))
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking",
            "--no-first-run", "--user-data-dir=\(folder.path())/profile", "--virtual-time-budget=10000",
            "--window-size=1280,900", "--dump-dom",
            folder.appending(path: try #require(pages.first).key).absoluteString,
        ]
        process.environment = [
            "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "", "HOME": folder.path(), "TMPDIR": folder.path(),
            "TZ": zone, "LANG": "C.UTF-8",
        ]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = try FileHandle(forWritingTo: output)
        process.standardError = FileHandle.nullDevice
        let (ends, end) = AsyncStream.makeStream(of: Int32.self)
        process.terminationHandler = { process in
            end.yield(process.terminationStatus)
            end.finish()
        }
        try process.run()
        for await status in ends { #expect(status == 0, "the browser ended with \(status)") }
        return String(decoding: try Data(contentsOf: output), as: UTF8.self)
    }
}
