import Commands
import EnvironmentDomain
import OperatingSystem

/// Copies of the tool's state, newest last, durable and 0600.
struct StateCopies: Sendable {
    let path: String

    /// How many are kept.
    static let limit = 20

    /// One copy.
    struct Copy: Hashable, Sendable {
        let path: String
        let version: ToolState.Version
    }

    /// Keeps a state that is known to be whole, unless the newest copy is the same.
    func keep(_ bytes: [UInt8], _ version: ToolState.Version, at time: Timestamp = .now()) throws(SystemError) {
        let folder = try Folder.making(path)
        var names = try names(in: folder)
        if let last = names.last, try folder.open(last, .read).read() == bytes { return }
        // The serial is first in what people look for, the time in what is sorted.
        let name = "\(time.textInFileName)-serial-\(version.serial).tfstate"
        try folder.put(bytes, at: name)
        names.append(name)
        for old in names.sorted().dropLast(Self.limit) { try folder.remove(old) }
    }

    /// Keeps a state from the middle of a change in place of the last such copy.
    func keepInterim(_ bytes: [UInt8]) throws(SystemError) {
        let folder = try Folder.making(path)
        if try ToolState.read(Self.interim, in: folder).bytes == bytes { return }
        try folder.put(bytes, at: Self.interim)
    }

    /// Keeps a state that cannot be used, once for each content.
    ///
    /// - Returns: the copy's path.
    func keepAside(_ bytes: [UInt8]) throws(SystemError) -> String {
        let folder = try Folder.making(path)
        // Not one of the copies that are put back.
        let name = "unusable-\(Checksum(of: bytes).text.filter(\.isHexDigit).suffix(16))"
        if try folder.status(of: name) == nil { try folder.put(bytes, at: name) }
        return folder.path(of: name)
    }

    private static let interim = "interim.tfstate"

    /// The copy with the highest serial that is whole and of this lineage; nil when there is none.
    func newest(of lineage: String?) throws(SystemError) -> Copy? {
        guard let folder = try existing() else { return nil }
        var newest: Copy?
        for name in try names(in: folder) + [Self.interim] {
            guard let version = try ToolState.read(name, in: folder).state.version,
                lineage == nil || version.lineage == lineage,
                newest.map({ version.serial >= $0.version.serial }) ?? true
            else { continue }
            newest = Copy(path: folder.path(of: name), version: version)
        }
        return newest
    }

    /// The content of the newest copy, those from the middle of a change included; nil when there is none.
    func newestContent() throws(SystemError) -> [UInt8]? {
        guard let copy = try newest(of: nil), let folder = try existing() else { return nil }
        return try folder.open(lastComponent(of: copy.path), .read).read()
    }

    private func existing() throws(SystemError) -> Folder? {
        do {
            return try Folder(path)
        } catch  where error.isNotFound {
            return nil
        }
    }

    private func names(in folder: Folder) throws(SystemError) -> [String] {
        try folder.names().filter { $0.hasSuffix(".tfstate") && !$0.hasPrefix(".") && $0 != Self.interim }
    }
}
