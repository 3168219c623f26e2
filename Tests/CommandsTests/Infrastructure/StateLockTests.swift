import JSONText
import Testing

@testable import Commands
@testable import OpenTofuProvider

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
            + "\"detail\":\(JSONValue.string(detail).line)}}"
        return try #require(ToolEvent(line: event)?.diagnostic.flatMap(StateLock.init))
    }

    @Test("is reported with its ID, its holder and the command that removes it")
    func stale() throws {
        let text = try lock().sentence(
            endedBy: "terraform force-unlock 6a0b-77", host: "here", processes: [(7, "terraform")])
        #expect(
            text
                == "the state is locked by me@far since 2026-11-26 10:00:00.1 +0000 UTC, for OperationTypeApply; the lock's "
                + "ID is 6a0b-77. First make sure that the command that holds it no longer runs on far; then end the lock "
                + "with: terraform force-unlock 6a0b-77")
    }

    @Test("is not to be removed while a local process may hold it, or if the system removes it")
    func live() throws {
        let here = try lock().sentence(endedBy: "force-unlock", host: "far", processes: [(7, "terraform apply")])
        #expect(!here.contains("force-unlock") && here.contains("process 7"), "\(here)")
        let text = try lock().sentence(endedBy: nil, host: "here", processes: [])
        #expect(text.contains("wait until it ends") && !text.contains("end the lock"))
    }

    @Test("of the http backend is recognised without its holder")
    func http() throws {
        let text = try lock(Self.detail.replacing("ID=6a0b-77", with: "ID=other"))
            .sentence(endedBy: "force-unlock other", host: "here", processes: [(7, "terraform apply")])
        #expect(
            text
                == "the state is locked; the lock's ID is other. First make sure that the command that holds it no longer "
                + "runs, which may be process 7 of this machine (terraform apply); then end the lock with: force-unlock other"
        )
    }

    @Test("is not recognised in another error")
    func other() throws {
        let line = #"{"type":"diagnostic","diagnostic":{"severity":"error","summary":"Invalid","detail":"ID: 1"}}"#
        #expect(try #require(ToolEvent(line: line)?.diagnostic.map { StateLock($0) }) == nil)
    }
}
