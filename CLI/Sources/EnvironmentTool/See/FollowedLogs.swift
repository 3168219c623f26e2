import CommandLineProgram
import Commands
import EnvironmentDomain

/// The logs of an environment's steps while they grow: those of the newest run, and of all that follow.
struct FollowedLogs {
    private let name: EnvironmentName
    private let repository: any EnvironmentArchive
    private let last: Int?
    private let isWanted: (StepLogs.Log) -> Bool
    private var followers: [String: StepLogFollower] = [:]
    /// The paths of the logs, in the order in which they are read.
    private var order: [StepLogs.Log] = []
    /// The runs that ended before, of which nothing is read.
    private var earlier: Set<String>?
    private var listing: [String] = []
    /// The log whose lines were read last.
    private var current: String?

    /// - Parameters:
    ///   - last: how many lines are read of what is there at first; `nil` for all.
    ///   - isWanted: whether a log is read.
    init(
        of name: EnvironmentName, in repository: any EnvironmentArchive, last: Int?,
        _ isWanted: @escaping (StepLogs.Log) -> Bool
    ) {
        self.name = name
        self.repository = repository
        self.last = last
        self.isWanted = isWanted
    }

    var isEmpty: Bool { order.isEmpty }

    /// The lines that were added, with a heading where another log begins.
    ///
    /// - Parameter isEnded: whether nothing is added any more, so that a line without its end is one too.
    mutating func read(isEnded: Bool) async throws -> [String] {
        try await findLogs()
        var lines: [String] = []
        for log in order {
            let added = try followers[log.path]?.read(isEnded: isEnded) ?? []
            guard !added.isEmpty else { continue }
            if current != log.path { lines.append("== \(log.step) (\(log.path))") }
            current = log.path
            lines += added
        }
        return lines
    }

    /// Finds logs that were begun since.
    private mutating func findLogs() async throws {
        let folder = repository.workspace(for: name).logs
        var listing: [String] = []
        for run in try TextFile.names(in: folder) where earlier?.contains(run) != true {
            listing += try TextFile.names(in: "\(folder)/\(run)").map { "\(run)/\($0)" }
        }
        guard listing != self.listing || earlier == nil else { return }
        let all = try await StepLogs(of: name, in: repository).all.filter(isWanted)
        let isFirst = earlier == nil
        if isFirst { earlier = Set(all.map(\.run)).subtracting([all.last?.run].compactMap(\.self)) }
        for log in all where earlier?.contains(log.run) != true && followers[log.path] == nil {
            followers[log.path] = StepLogFollower(log.path, last: isFirst ? last : nil)
            order.append(log)
        }
        self.listing = listing
    }
}
