import Commands
import EnvironmentDomain
import OperatingSystem

/// What an operator writes into a file once, for every call of a tool: named stores, colour and notifications.
///
/// There can be two files: `.NAME.json` in the working folder and `NAME/config.json` in the user's folder for settings, where
/// NAME is the tool's. What the first one says is taken before what the second one says, entry by entry.
public struct Configuration: Sendable {
    /// The places of stores by name: connection strings and folders.
    public private(set) var stores: [String: String] = [:]
    /// The store where none is named; its name or its place.
    public private(set) var store: String?
    /// When results are coloured: `auto`, `always` or `never`.
    public private(set) var color: String?
    /// Where notifications go, in the order of their names.
    public private(set) var notifications: [NotificationTarget] = []
    /// The paths of the files that were read.
    public private(set) var files: [String] = []

    /// A configuration that says nothing.
    public init() {}

    /// Reads the files of a tool that are there.
    ///
    /// - Throws: ``Failure`` for a file that cannot be used, or that others can change, since it can run commands.
    public static func read(tool: String) throws -> Configuration {
        var configuration = Configuration()
        for path in paths(of: tool) {
            guard let content = try content(of: path) else { continue }
            configuration.add(content, from: path)
        }
        return configuration
    }

    /// The paths of the files that a tool may have, the one that is asked first in front.
    public static func paths(of tool: String) -> [String] {
        let home = ThisProcess.folder(in: "XDG_CONFIG_HOME") ?? ThisProcess.folder(in: "HOME").map { "\($0)/.config" }
        return [".\(tool).json"] + (home.map { ["\($0)/\(tool)/config.json"] } ?? [])
    }

    /// The place of a store by its name, or the word itself when no store has that name.
    public func place(_ word: String) -> String { stores[word] ?? word }

    private mutating func add(_ content: ConfigurationContent, from path: String) {
        let folder = parentPath(of: path) ?? "."
        files.append((try? absolutePath(path)) ?? path)
        // A folder is relative to the file that names it.
        func resolved(_ place: String) -> String {
            folder == "." || place.begins(with: "/") || place.has(":") || place.has("=") ? place : "\(folder)/\(place)"
        }
        stores.merge(content.stores.mapValues(resolved)) { first, _ in first }
        if store == nil {
            store = content.store.map { content.stores[$0] == nil && stores[$0] == nil ? resolved($0) : $0 }
        }
        color = color ?? content.color
        let names = Set(notifications.map(\.name))
        notifications = (notifications + content.notifications.filter { !names.contains($0.name) })
            .sorted { $0.name < $1.name }
    }

    private static func content(of path: String) throws -> ConfigurationContent? {
        // A folder that this user may not enter, or that is none (HOME=/dev/null), has no file of this user.
        guard let folder = try? Folder(parentPath(of: path) ?? ".") else { return nil }
        do {
            let file = try folder.open(lastComponent(of: path), .readFollowingLinks)
            try checkOwned(path, try file.status())
            return try HandwrittenJSON<ConfigurationContent>(file).content
        } catch let error as SystemError {
            if error.isNotFound { return nil }
            throw unusable(path, error.reason)
        } catch let error as HandwrittenJSONError {
            throw unusable(path, error.reason)
        }
    }

    private static func unusable(_ path: String, _ reason: String) -> Failure {
        Failure(
            .usage, "invalid_configuration",
            "The configuration file \(path) cannot be used: \(reason)\(reason.hasSuffix("?") ? "" : ".") Nothing was done."
        )
    }

    /// Makes sure that nobody else can make this user run commands.
    private static func checkOwned(_ path: String, _ status: FileStatus) throws(Failure) {
        guard status.kind == .regular else { throw unusable(path, "it is no regular file") }
        guard [0, ThisProcess.userIdentifier].contains(status.owner) else {
            throw Failure(
                .usage, "unsafe_configuration",
                "The configuration file \(path) belongs to the user \(ThisProcess.userName(of: status.owner)), and it can run "
                    + "commands, so it is not used. Work in another folder, or move the file away. Nothing was done.")
        }
        guard status.mode & 0o022 == 0 else {
            throw Failure(
                .usage, "unsafe_configuration",
                "The configuration file \(path) can be changed by others (its mode is \(String(status.mode, radix: 8))), and it "
                    + "can run commands, so it is not used. Nothing was done.",
                next: ["chmod", "go-w", path].commandLine)
        }
    }
}

/// The content of one file.
private struct ConfigurationContent: Decodable {
    let stores: [String: String]
    let store: String?
    let color: String?
    let notifications: [NotificationTarget]

    private static let colors = ["auto", "always", "never"]

    init(from decoder: any Decoder) throws {
        let container = try decoder.strictContainer(["$schema", "stores", "store", "color", "notifications"])
        let storesKey = MemberName("stores")
        stores =
            container.contains(storesKey) ? try container.decode([String: String].self, forKey: storesKey) : [:]
        for (name, place) in stores.sorted(by: { $0.key < $1.key }) where place.isEmpty || !name.isSettingName {
            throw DecodingError.dataCorrupted(
                .init(
                    codingPath: [storesKey],
                    debugDescription: place.isEmpty
                        ? "\(name.quotedAsJSON) needs a folder or a connection string and not an empty text"
                        : "\(name.quotedAsJSON) is no name of a store; \(String.settingNameRule)"))
        }
        store = try container.decodeIfPresent(String.self, forKey: MemberName("store"))
        if store?.isEmpty == true {
            throw DecodingError.dataCorruptedError(
                forKey: MemberName("store"), in: container,
                debugDescription: "the name of a store, or a folder or a connection string, is expected")
        }
        color = try container.decodeIfPresent(String.self, forKey: MemberName("color"))
        if let color, !Self.colors.contains(color) {
            throw DecodingError.dataCorruptedError(
                forKey: MemberName("color"), in: container,
                debugDescription: "\(Self.colors.joined(separator: ", ")) is expected")
        }
        let key = MemberName("notifications")
        guard container.contains(key) else {
            notifications = []
            return
        }
        let targets = try container.nestedContainer(keyedBy: MemberName.self, forKey: key)
        notifications = try targets.allKeys.map { name in
            guard name.stringValue.isSettingName else {
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: [key],
                        debugDescription: "\(name.stringValue.quotedAsJSON) is no name of a target; "
                            + String.settingNameRule))
            }
            return try NotificationTarget(name: name.stringValue, from: targets.superDecoder(forKey: name))
        }
    }
}

extension String {
    /// Whether the text can name a store or a target in a configuration: it becomes the name of a file.
    fileprivate var isSettingName: Bool {
        (1...40).contains(utf8.count) && utf8.first != UInt8(ascii: "-")
            && utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"),
                    UInt8(ascii: "_"):
                    true
                default: false
                }
            }
    }

    fileprivate static let settingNameRule = "up to 40 lower-case letters, digits, - and _ are expected"
}
