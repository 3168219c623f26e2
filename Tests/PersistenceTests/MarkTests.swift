import EnvironmentDomain
import Foundation
import Testing

@testable import Persistence

@Suite("The marks of environments", .silentLog)
struct MarkTests {
    @Test("A mark changes with a save and with a lease, and not with a read")
    func marks() async throws {
        try await withFileRepository { files in
            let repository = files.repository
            try await files.save()
            let first = try await repository.marks()
            #expect(Set(first.keys) == [files.name])
            _ = try await repository.load(files.name)
            #expect(try await repository.marks() == first)
            // The clock of a file system can have a low resolution.
            try await Task.sleep(for: .milliseconds(20))
            try await files.save()
            let second = try await repository.marks()
            #expect(second != first)
        }
    }

    @Test("Without its folder there are no marks, and the error names the folder")
    func gone() async throws {
        try await withFileRepository { files in
            try await files.save()
            try FileManager.default.removeItem(atPath: files.folder)
            let error = await #expect(throws: RepositoryError.self) { try await files.repository.marks() }
            #expect(error?.code == .readStateFailed)
            #expect(error?.message.contains(files.repository.location) == true)
        }
    }
}
