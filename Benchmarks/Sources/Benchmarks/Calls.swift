import CPeers
import EnvironmentDomain
import Persistence

/// The modes that run single operations.
///
/// `--calls ours|c lease|save FOLDER` runs one operation between two accesses to `marker`, so that a trace shows its
/// system calls. `--repeat COUNT lease|save|load FOLDER` repeats one for a profiler.
enum Calls {
    static func run(_ words: ArraySlice<String>) async throws {
        let words = Array(words)
        guard words.count == 3 else { throw PeerError(description: "--calls ours|c lease|save FOLDER") }
        let ours = try await Ours(words[2])
        let (content, line) = try ours.stored()
        let peer = try Peer(words[2] + "/c", content: content, line: line)
        try peer.take()
        for _ in 0..<7 { try peer.save() }
        try peer.release()
        if words[0] == "c" {
            if words[1] == "lease" { mark(words[2]) }
            try peer.take()
            if words[1] == "save" {
                try peer.save()
                mark(words[2])
                try peer.save()
                mark(words[2])
            }
            try peer.release()
        } else {
            if words[1] == "lease" { mark(words[2]) }
            let lease = try await ours.repository.acquireLease(ours.name, for: .save, run: CommandRun())
            if words[1] == "save" {
                try await lease.save(ours.environment, event: Sample.event())
                mark(words[2])
                try await lease.save(ours.environment, event: Sample.event())
                mark(words[2])
            }
            await lease.release()
        }
        if words[1] == "lease" { mark(words[2]) }
    }

    static func repeating(_ words: ArraySlice<String>) async throws {
        let words = Array(words)
        guard words.count == 3, let count = Int(words[0]) else {
            throw PeerError(description: "--repeat COUNT lease|save|load FOLDER")
        }
        let ours = try await Ours(words[2])
        switch words[1] {
        case "save": try await ours.save(count)
        case "lease": for _ in 0..<count { try await takeAndRelease(ours) }
        default: for _ in 0..<count { _ = try await ours.repository.load(ours.name) }
        }
    }

    private static func mark(_ folder: String) { _ = peer_list(folder + "/marker") }
}
