import DocumentStore
import Foundation
import OperatingSystem
import Synchronization

/// Runs `body` with a document's folder, which is removed at the end.
@discardableResult
func withPlace<Result>(
    retention: LogRetention = LogRetention(), _ body: (DocumentPlace) async throws -> Result
) async throws -> Result {
    let path = "/tmp/document-store-tests-\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try await body(DocumentPlace(path: path, name: "it", retention: retention, traces: ["keys"]))
}

/// The events of a store, in their order.
final class Events: Sendable {
    private let events = Mutex<[StoreEvent]>([])
    var all: [StoreEvent] { events.withLock { $0 } }
    func add(_ event: StoreEvent) { events.withLock { $0.append(event) } }
}

extension DocumentPlace {
    static let record = Array(#"{"pid":1}"#.utf8)
    static let lineage = String(repeating: "8d0f", count: 8)

    func lease(_ events: Events = Events()) async throws -> LogLease {
        try await LogLease.acquire(
            self, in: LogLease.makeFolder(self) { events.add($0) }, record: Self.record, timeout: .zero,
            log: { events.add($0) })
    }

    @discardableResult
    func withLease<Result>(_ body: (LogLease) async throws -> Result) async throws -> Result {
        let lease = try await lease()
        defer { lease.release() }
        return try await body(lease)
    }

    /// Creates the files that a process leaves when it is killed while it holds the lock.
    func abandon() throws { try Data(Self.record).write(to: URL(fileURLWithPath: lockPath)) }

    var log: Data {
        get throws { try Data(contentsOf: URL(fileURLWithPath: logPath)) }
    }

    func setLog(_ data: Data) throws { try data.write(to: URL(fileURLWithPath: logPath)) }

    func serials() throws -> [Int] {
        var serials: [Int] = []
        try LogFiles(Folder(path)).forEachLine { line in
            if let line = LogLine(line.bytes), line.serial > serials.last ?? 0 { serials.append(line.serial) }
            return true
        }
        return serials
    }
}

extension LogLease {
    @discardableResult
    func append(_ text: String) throws(StoreError) -> LogLine {
        try append(Array(#"{"at":"now","document":{"text":"\#(text)"}}"#.utf8), lineage: DocumentPlace.lineage)
    }
}
