import Testing

@testable import Commands

@Suite("A lock on the tool's state")
struct ToolLockTests {
    private func lock(_ message: String, summary: String = "Error acquiring the state lock") -> ToolLock? {
        ToolLock(
            Diagnostic(
                severity: "error", summary: summary,
                detail: """
                    Error message: \(message)
                    Lock Info:
                      ID:        295ed1a0-ce74-7b48-ba81-50d6a3b01b1c
                      Path:      bucket/key
                      Operation: OperationTypeApply
                      Who:       me@builder
                      Version:   1.11.4
                      Created:   2026-11-26 13:20:23.036148523 +0000 UTC
                      Info:

                    Terraform acquires a state lock to protect the state from being written
                    """, address: nil, range: nil))
    }

    @Test("is named with its holder")
    func holder() {
        let lock = lock("operation error S3: PutObject, PreconditionFailed")
        #expect(lock?.id == "295ed1a0-ce74-7b48-ba81-50d6a3b01b1c")
        #expect(lock?.holder == "by me@builder for OperationTypeApply since 2026-11-26 13:20:23.036148523 +0000 UTC")
    }

    @Test("is the one that is there and not the one that was asked for")
    func asked() {
        let lock = lock("HTTP remote state already locked: ID=6d2b2e1c")
        #expect(lock?.id == "6d2b2e1c" && lock?.holder == "")
    }

    @Test("is nothing else that fails")
    func other() {
        #expect(lock("x", summary: "Invalid reference") == nil)
    }
}
