import ArgumentParser
import CommandLineProgram
import DocumentStore
import EnvironmentDomain

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

enum LogFormat: String, CaseIterable, ExpressibleByArgument, Sendable {
    case text, json
}

/// The options that every command has.
struct GlobalOptions: ParsableArguments, Sendable {
    @Option(
        name: .customLong("data-dir"),
        help: ArgumentHelp(
            "Where environments are kept; with a database, only their working files (default: data).",
            valueName: "dir"))
    var namedDataFolder: String?

    @Option(
        name: .customLong("store"),
        help: ArgumentHelp(
            "A PostgreSQL database that keeps the environments, a folder, or a name from the configuration file (default: "
                + "ENVCTL_STORE when it is set and not empty, else the file's store, else --data-dir).",
            valueName: "place"))
    var namedStore: String?

    @Option(
        name: .customLong("emergency-dir"),
        help: ArgumentHelp("Where a state goes that cannot be saved.", valueName: "dir"))
    var emergencyFolder: String?

    @Option(
        name: .customLong("keep"),
        help: ArgumentHelp(
            "How much history a save leaves of an environment; the states between commands go first.", valueName: "MiB"),
        transform: NumberArgument.whole)
    var keep = 50

    @Flag(name: .customLong("json"), help: "The result, or the error, as one JSON object.")
    var isJSON = false

    @Option(
        name: .customLong("log-format"),
        help: ArgumentHelp("What standard error looks like.", valueName: "format"))
    var logFormat = LogFormat.text

    @Flag(name: .customLong("no-color"), help: "No escape codes; nothing is redrawn.")
    var isPlain = false

    @Option(
        name: .customLong("color"),
        help: ArgumentHelp(
            "When to colour the result; auto means on a terminal without NO_COLOR (default: the configuration file's, else "
                + "auto).", valueName: "when"))
    var namedColor: ColorChoice?

    @Option(
        name: .customLong("lock-timeout"),
        help: ArgumentHelp("How long to wait for another command; 0 = do not wait.", valueName: "seconds"),
        transform: NumberArgument.seconds)
    var lockTimeout = 10.0

    @Flag(name: .customLong("utc"), help: "Times in UTC, not in this computer's zone; JSON has them in UTC always.")
    var isUTC = false

    @Flag(
        name: .customLong("quiet"),
        help: "Of the log only warnings and errors; the progress of steps is shown on a terminal alone.")
    var isQuiet = false

    @Flag(name: .customLong("verbose"), help: "Also what steps print, and debug messages.")
    var isVerbose = false

    var dataFolder: String { namedDataFolder ?? "data" }

    /// The place of the store, when it is not the folder of `--data-dir`.
    var store: String? { (requestedStore ?? configuredStore).map(Settings.current.place) }

    /// The store that the command line or a variable names.
    private var requestedStore: String? {
        // The second name is that of earlier versions.
        namedStore
            ?? ["ENVCTL_STORE", "TYPED_ENVIRONMENTS_STORE"].lazy
            .compactMap { ProcessInfo.processInfo.environment[$0] }.first { !$0.isEmpty }
    }

    /// The store of the configuration file; an option that names a folder takes the place of one.
    private var configuredStore: String? {
        Settings.current.store.flatMap { store in
            namedDataFolder != nil && !Store.isDatabase(Settings.current.place(store)) ? nil : store
        }
    }

    var color: ColorChoice {
        if let namedColor { return namedColor }
        let isRefused = ProcessInfo.processInfo.environment["NO_COLOR"]?.isEmpty == false
        return isRefused ? .auto : Settings.current.color.flatMap(ColorChoice.init) ?? .auto
    }

    /// How times are shown to people.
    var clock: WallClock { WallClock(isUTC: isUTC) }

    /// Whether what changes is drawn in place.
    var redraws: Bool { StandardOutput.takesEscapeCodes && !isPlain && color != .never }

    /// Whether the result is coloured.
    var paints: Bool {
        switch color {
        case .always: !isPlain
        case .never: false
        case .auto: !isPlain && StandardOutput.takesEscapeCodes
        }
    }

    func validate() throws {
        for (option, value) in [
            ("--data-dir", namedDataFolder), ("--store", namedStore), ("--emergency-dir", emergencyFolder),
        ] where value?.isEmpty == true {
            throw ValidationError("\(option) needs a value and not an empty text.")
        }
        if let store, !Store.isDatabase(store), namedDataFolder != nil {
            throw ValidationError("the store is the folder \(store), so that --data-dir has nothing to name.")
        }
        guard (1...1_000_000).contains(keep) else { throw ValidationError("--keep is a number of MiB from 1.") }
        if isPlain, namedColor == .always { throw ValidationError("--no-color and --color always exclude each other.") }
        if isQuiet && isVerbose { throw ValidationError("--quiet and --verbose exclude each other.") }
    }

    /// How much of each environment's past a save leaves.
    var retention: LogRetention { LogRetention(totalSize: keep << 20) }

    /// The options that say which environments are meant, for another command line.
    var words: [String] {
        (namedDataFolder.map { ["--data-dir", $0] } ?? [])
            + (namedStore.map { ["--store", $0.withoutPassword] } ?? [])
            + (emergencyFolder.map { ["--emergency-dir", $0] } ?? [])
    }

    private static let withValue: Set = [
        "--data-dir", "--store", "--emergency-dir", "--log-format", "--lock-timeout", "--keep", "--color",
    ]
    private static let flags: Set = ["--json", "--no-color", "--utc", "--quiet", "--verbose"]

    /// The word behind global options: the command, if there is one.
    static func command(in words: [String]) -> String? {
        var rest = words[...]
        while let word = rest.popFirst() {
            guard word.utf8.first == UInt8(ascii: "-") else { return word }
            let name = String(decoding: word.utf8.prefix { $0 != UInt8(ascii: "=") }, as: UTF8.self)
            guard withValue.contains(name) || flags.contains(word) else { return nil }
            if withValue.contains(word) { rest = rest.dropFirst() }
        }
        return nil
    }
}

extension GlobalOptions {
    /// An argument that names an environment.
    static func name(_ text: String) throws -> EnvironmentName { try EnvironmentName(text) }

    static let nameCompletion = CompletionKind.custom { words, _, _ in
        let places = zip(words, words.dropFirst()).filter { ["--data-dir", "--store"].contains($0.0) }
        guard let global = try? parse(places.flatMap { [$0.0, $0.1] }) else { return [] }
        return (try? await Store.open(global).names().map(\.text)) ?? []
    }
}
