import Testing

@testable import Commands

@Suite("A lock on the state that a backend keeps")
struct StateLockTests {
    private static let detail = """
        Error message: HTTP remote state already locked: ID=6a0b-77
        Lock Info:
          ID:        6a0b-77
          Path:      https://example.com/state
          Operation: OperationTypeApply
          Who:       me@far
          Version:   1.11.4
          Created:   2026-11-26 10:00:00.1 +0000 UTC
          Info:

        Terraform acquires a state lock to protect the state.
        """

    private func lock(_ detail: String = Self.detail) throws -> StateLock {
        let event =
            "{\"type\":\"diagnostic\",\"diagnostic\":{\"severity\":\"error\",\"summary\":\"Error acquiring the state lock\","
            + "\"detail\":\(detail.jsonText)}}"
        return try #require(ToolEvent(line: event)?.diagnostic.flatMap(StateLock.init))
    }

    @Test("is named with its ID, its holder, and the command that ends it when its holder is gone")
    func stale() throws {
        let text = try lock().sentence(
            endedBy: "terraform force-unlock 6a0b-77", host: "here", processes: [(7, "terraform")])
        #expect(
            text
                == "the state is locked by me@far since 2026-11-26 10:00:00.1 +0000 UTC, for OperationTypeApply; the lock's "
                + "ID is 6a0b-77. First make sure that the command that holds it no longer runs on far; then end the lock "
                + "with: terraform force-unlock 6a0b-77")
    }

    @Test("is the one that is there and not the one that was asked for")
    func asked() throws {
        let lock = try lock(Self.detail.replacing("locked: ID=6a0b-77", with: "locked: ID=6d2b2e1c"))
        #expect(lock.id == "6d2b2e1c" && lock.who.isEmpty)
    }

    @Test("is not to be ended while a process of this machine may hold it, or where the system ends it")
    func live() throws {
        for host in ["far", "here"] {
            let detail = host == "far" ? Self.detail : Self.detail.replacing("me@far", with: "")
            let text = try lock(detail).sentence(
                endedBy: "force-unlock", host: host, processes: [(7, "terraform apply")])
            #expect(!text.contains("force-unlock") && text.contains("Process 7"), "\(text)")
        }
        let text = try lock().sentence(endedBy: nil, host: "here", processes: [])
        #expect(text.contains("wait until it ends") && !text.contains("end the lock"))
    }

    @Test("is not seen in another error")
    func other() throws {
        let line = #"{"type":"diagnostic","diagnostic":{"severity":"error","summary":"Invalid","detail":"ID: 1"}}"#
        #expect(try #require(ToolEvent(line: line)?.diagnostic.map { StateLock($0) }) == nil)
    }
}
