import EnvironmentDomain
import OperatingSystem
import Persistence
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The program `persistence-probe WHAT DATA-FOLDER NAME [COUNT]`, which tests start as a separate process.
let words = CommandLine.arguments
guard words.count >= 4 else { fatalError("usage: persistence-probe WHAT DATA-FOLDER NAME [COUNT]") }
let count = words.count > 4 ? Int(words[4]) ?? 1 : 1
let name = try EnvironmentName(words[3])
let repository = try FileEnvironmentRepository(dataFolder: words[2], lockTimeout: .seconds(540))
/// The repository that exists until the process exits.
let inMemory = try InMemoryEnvironmentRepository()

func created() throws -> EnvironmentSnapshot<Created> {
    let credentials = SSHCredentials(
        username: SSHUsername("deploy"), privateKeyPath: try AbsolutePath("/keys/id"),
        publicKeyPath: try AbsolutePath("/keys/id.pub"))
    return Environment<Created>(name: name, sshCredentials: credentials).snapshot
}

func say(_ text: String) {
    // The first write of a thread may be the one that a test makes fail, although it is meant for another file.
    if !StandardStream.output.write(text + "\n") { StandardStream.output.write(text + "\n") }
}

/// A counter of the progress of another task.
final class Ticks: Sendable {
    let count = Atomic(0)
}

/// An actor that calls the repository.
actor Caller {
    func save(_ environment: AnyEnvironmentState) async throws { try await repository.save(environment) }
    func load() async throws { _ = try await repository.load(name) }
}

func run() async throws {
    switch words[1] {
    case "save":
        for _ in 0..<count { try await repository.save(created().erased) }
    case "load":
        say("\(try await repository.load(name)?.serial ?? 0)")
    case "memory":
        let workspace = inMemory.workspace(for: name)
        try Folder.making(workspace.logs).put([1], at: "log")
        guard try Folder(workspace.root.text).names() == ["logs"] else { exit(4) }
        say("written")
    case "hold":
        let lease = try await repository.acquireLease(name, for: .provision, run: CommandRun())
        await lease.note(.provision, CommandRun(), step: StepName("create_instance"))
        say("held")
        try await Task.sleep(for: .seconds(600))
        await lease.release()
    case "count":
        for _ in 0..<count {
            try await repository.withLease(name, for: .save) { lease in
                var next = try created()
                if let outputs = try await lease.stored?.document.context.outputs { next.context.outputs = outputs }
                next.context.outputs["count"] = "\((next.context.outputs["count"].flatMap { Int($0) } ?? 0) + 1)"
                try await lease.save(
                    next.erased,
                    event: HistoryEvent(
                        command: .save, commandID: .random(), change: .transition(from: .created, to: .created)))
            }
        }
    case "mix":
        for _ in 0..<count {
            switch Int.random(in: 0..<10) {
            case 0: try await repository.delete(name)
            case 1...3: try await repository.save(created().erased)
            default: _ = try await repository.load(name)
            }
        }
    case "append":
        let log = AppendLog<[String: String]>(
            folder: repository.dataFolder, name: "log.jsonl",
            rotation: LogRotation(sizeLimit: 20_000, filesKept: 100), isDurable: false, lockTimeout: .seconds(540))
        for number in 0..<count {
            try await log.append(["who": name.text, "number": "\(number)", "text": String(repeating: "x", count: 100)])
        }
    case "message":
        try await AppendLog<[String: String]>(folder: repository.dataFolder, name: "log.jsonl").append(
            ["text": "second"])
    case "ticks":
        let ticks = Ticks()
        let clock = Task { @concurrent in
            while !Task.isCancelled {
                ticks.count.add(1, ordering: .relaxed)
                try await Task.sleep(for: .milliseconds(10))
            }
        }
        func during(_ what: String, _ body: () async throws -> Void) async throws {
            let before = ticks.count.load(ordering: .relaxed)
            try await body()
            say("\(what) \(ticks.count.load(ordering: .relaxed) > before + 2)")
        }
        try await during("save") { try await repository.save(created().erased) }
        try await during("load") { _ = try await repository.load(name) }
        try await during("history") { _ = try await repository.history(of: name) }
        let caller = Caller()
        try await during("save of an actor") { try await caller.save(created().erased) }
        try await during("load of an actor") { try await caller.load() }
        clock.cancel()
    case "again":
        // The first line makes the file grow, and the second one does not.
        try await repository.withLease(name, for: .save) { lease in
            for length in [30_000, 10] {
                do {
                    var snapshot = try created()
                    snapshot.context.outputs["mark"] = String(repeating: "x", count: length)
                    say("serial \(try await lease.save(snapshot.erased, event: event()).serial)")
                } catch let error as RepositoryError {
                    say(error.code.rawValue)
                }
            }
        }
    case "emergency", "unconfirmed":
        let lease = try await repository.acquireLease(name, for: .provision, run: CommandRun())
        if words[1] == "emergency" {
            try Folder(repository.workspace(for: name).root.text).remove("state.json.lock")
        }
        do {
            try await lease.save(
                created().erased,
                event: HistoryEvent(
                    command: .provision, commandID: .random(), change: .transition(from: nil, to: .created)))
        } catch {
            do throws(RepositoryError) {
                say(try await lease.keepEmergencyRecord() ?? "nothing kept")
            } catch {
                say("\(error.code.rawValue): \(error)")
            }
        }
    default:
        try await attack(words[1], name: name, repository: repository, count: count, words: Array(words.dropFirst(5)))
    }
}

do {
    try await EnvironmentLog.withHandler({ _ in }, operation: run)
} catch let error as RepositoryError {
    say("\(error.code.rawValue): \(error)")
    exit(3)
}
