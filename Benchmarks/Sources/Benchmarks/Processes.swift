import CPeers
import EnvironmentDomain
import Foundation
import Persistence

/// The measurements that need several processes: the hand-over of a lease, and the start of the program.
struct Processes {
    let folder: String
    let rounds: Int
    static let workers = 8
    static let blocks = 5

    static let status = "example-provision NAME --status"

    func handOver(_ report: inout Report) async throws {
        _ = try await Ours(folder + "/hand-over")
        let flock = "C: flock that waits in the kernel, \(Self.workers) processes"
        let short = "hand-over between \(Self.workers) processes, held 1 ms"
        let long = "hand-over between \(Self.workers) processes, held 200 ms"
        let pair = "hand-over to a single waiter, held 200 ms"
        let python = "Python filelock, \(Self.workers) processes, held 1 ms"
        let each = max(5, rounds / Self.workers / Self.blocks)
        let contests: [(name: String, contest: Contest)] = [
            (flock, Contest(kind: "flock", workers: Self.workers, count: each, hold: 1000, rest: 30000)),
            (short, Contest(kind: "ours", workers: Self.workers, count: each, hold: 1000, rest: 30000)),
            (long, Contest(kind: "ours", workers: Self.workers, count: 4, hold: 200_000, rest: 30000)),
            (pair, Contest(kind: "ours", workers: 2, count: 6, hold: 200_000, rest: 5000)),
            (python, Contest(kind: "python", workers: Self.workers, count: each, hold: 1000, rest: 30000)),
        ]
        var results: [String: Series] = [:]
        for _ in 0..<Self.blocks {
            for (name, contest) in contests {
                guard let times = contest.kind == "python" ? try? run(contest) : try run(contest) else { continue }
                results[name, default: Series(name: name)].samples += times
            }
        }
        report.add(
            "Hand-over (from a release to the next holder)", results,
            [(short, flock), (long, flock), (pair, flock), (flock, nil), (python, flock)])
        for name in [short, long, pair] {
            guard let series = results[name] else { continue }
            report.goals.append(Goal(text: name, value: series.median / 1e6, limit: 5, unit: " ms"))
        }
    }

    /// A contest of processes that take one lock repeatedly; times are in microseconds.
    struct Contest {
        let kind: String
        let workers: Int
        let count: Int
        let hold: Int
        /// The time that each process waits after it had the lock, so that another one gets it.
        let rest: Int
    }

    /// Runs a contest, and returns the times in which the lock was free while others waited (nanoseconds).
    private func run(_ contest: Contest) throws -> [UInt64] {
        let processes = try (0..<contest.workers).map { index in
            let process = Process()
            let times = "\(folder)/times-\(index)"
            let numbers = ["\(contest.count)", "\(contest.hold)", "\(contest.rest)", times]
            if contest.kind == "python" {
                process.executableURL = URL(filePath: "/usr/bin/env")
                process.arguments = ["python3", FileLockPeer.script, "hand-over", folder + "/python.lock"] + numbers
            } else {
                process.executableURL = URL(filePath: CommandLine.arguments[0])
                process.arguments = ["--hand-over", contest.kind, folder + "/hand-over"] + numbers
            }
            try process.run()
            return process
        }
        var holds: [(taken: UInt64, released: UInt64, worker: Int)] = []
        for (index, process) in processes.enumerated() {
            process.waitUntilExit()
            guard process.terminationStatus == 0 else {
                throw PeerError(description: "a worker of \(contest.kind) failed")
            }
            let text = try String(contentsOfFile: "\(folder)/times-\(index)", encoding: .utf8)
            holds += text.split(separator: "\n").map { line in
                let words = line.split(separator: " ").compactMap { UInt64($0) }
                return (words[0], words[1], index)
            }
        }
        holds.sort { $0.taken < $1.taken }
        // The beginning and the end, when not all workers run, are left out.
        let middle = zip(holds, holds.dropFirst()).dropFirst(contest.workers).dropLast(contest.workers)
        for (before, after) in middle where after.taken < before.released {
            throw PeerError(description: "two held the lock at once: \(before) \(after)")
        }
        return middle.filter { $0.worker != $1.worker }.map { $1.taken - $0.released }
    }

    /// Runs one worker.
    static func work(_ words: ArraySlice<String>) async throws {
        let words = Array(words)
        guard words.count == 6, let count = Int(words[2]), let hold = UInt32(words[3]), let rest = UInt32(words[4])
        else {
            throw PeerError(description: "--hand-over KIND FOLDER COUNT HOLD REST OUTPUT")
        }
        if words[0] == "flock" {
            try check(peer_hand_over(words[1] + "/flock", Int32(count), hold, rest, words[5]), "hand-over")
            return
        }
        let repository = try FileEnvironmentRepository(dataFolder: words[1] + "/data", lockTimeout: .seconds(60))
        let name = EnvironmentName("e")
        var times = ""
        for _ in 0..<count {
            let lease = try await repository.acquireLease(name, for: .save, run: CommandRun())
            let taken = peer_now()
            try await Task.sleep(for: .microseconds(hold))
            let released = peer_now()
            await lease.release()
            times += "\(taken) \(released)\n"
            try await Task.sleep(for: .microseconds(rest))
        }
        try Data(times.utf8).write(to: URL(filePath: words[5]))
    }

    /// Measures the start-up time and the peak memory of the release program, with the Swift libraries linked
    /// dynamically and statically.
    func start(_ report: inout Report, program: String, staticProgram: String?, measure: String) async throws {
        let ours = try await Ours(folder + "/start", name: "my-env")
        let floor = "true (a process at all)"
        let (name, linked) = (Self.status, "\(Self.status), static")
        let programs = [(name, program), (linked, staticProgram)].compactMap { name, program in
            program.flatMap { FileManager.default.isExecutableFile(atPath: $0) ? (name, $0) : nil }
        }
        for (name, _) in [(name, program), (linked, staticProgram ?? "")]
        where !programs.contains(where: { $0.0 == name }) {
            report.skipped.append("\(name): the release program is not built.")
        }
        var memory: [String: Series] = [:]
        let results = try await race(
            rounds: max(20, rounds / 4),
            programs.map { name, program in
                Contestant(reporting: name) {
                    let words = [program, "my-env", "--status", "--data-dir", ours.repository.dataFolder.text]
                    let process = try Measured.run(words, by: measure)
                    memory[name, default: Series(name: name)].samples.append(process.kilobytes)
                    return process.time
                }
            } + [Contestant(reporting: floor) { try Measured.run(["/bin/true"], by: measure).time }])
        report.add("Start of the release program", results, [(name, floor), (linked, floor), (floor, nil)])
        for (name, limit) in [(name, 4.5), (linked, 2.5)] {
            guard let series = results[name], let memory = memory[name] else { continue }
            report.goals.append(Goal(text: name, value: series.median / 1e6, limit: limit, unit: " ms"))
            report.goals.append(
                Goal(text: "\(name), peak memory", value: memory.median / 1e3, limit: 10, unit: " MB"))
        }
    }
}

/// The time and the peak memory of one process, measured from outside.
struct Measured {
    let time: UInt64
    let kilobytes: UInt64

    /// Runs a program and returns its measurements.
    ///
    /// - Parameter measure: The path of the program that runs the words and prints the measurements.
    static func run(_ words: [String], by measure: String) throws -> Measured {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: measure)
        process.arguments = words
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let numbers = text.split { $0 == " " || $0 == "\n" }.compactMap { UInt64($0) }
        guard numbers.count == 3 else { throw PeerError(description: "\(words) failed") }
        return Measured(time: numbers[0], kilobytes: numbers[1])
    }
}
