import Foundation
import OperatingSystem

/// Runs `body` with a new folder, which is removed at the end.
func withTemporaryFolder<Result>(_ body: (String) async throws -> Result) async throws -> Result {
    let path = FileManager.default.temporaryDirectory.appending(path: "commands-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(path)
}

func write(_ text: String, to path: String) throws {
    try FileManager.default.createDirectory(
        atPath: (path as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
    try Data(text.utf8).write(to: URL(filePath: path))
}

func read(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

func mode(_ path: String) throws -> Int {
    try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int ?? -1
}

func names(in path: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted()
}

/// The names of entries that no tool reads.
let namesOfOddEntries = [
    ".#main.tf", "main.tf~", "#main.tf#", ".main.tf.swp", ".DS_Store", "pipe", "nowhere", "again", "one", "other",
    ".git",
]

/// Creates entries that no tool reads: editors' files, a pipe, and links that lead nowhere or form a circle.
func makeOddEntries(in path: String) throws {
    let folder = try Folder.making(path)
    try folder.symbolicLink(".#main.tf", to: "me@host.123:456")
    for name in ["main.tf~", "#main.tf#", ".main.tf.swp", ".DS_Store", ".git/config"] {
        try write("x", to: "\(path)/\(name)")
    }
    guard unsafe mkfifo("\(path)/pipe", 0o600) == 0 else { throw CocoaError(.fileWriteUnknown) }
    try folder.symbolicLink("nowhere", to: "/nowhere/at/all")
    try folder.symbolicLink("again", to: ".")
    try folder.symbolicLink("one", to: "other")
    try folder.symbolicLink("other", to: "one")
}
