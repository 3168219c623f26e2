import Commands
import EnvironmentDomain
import OperatingSystem

/// The copies of the state of OpenTofu or Terraform, which are durable and have mode 0600.
struct StateCopies: Sendable {
    let path: String

    /// The number of copies to keep.
    static let limit = 20

    /// A copy of a state.
    struct Copy: Hashable, Sendable {
        let path: String
        let version: ToolState.Version
    }

    /// Copies a state that is known to be complete, unless the newest copy is equal, and removes the oldest copies
    /// above the limit.
    func keep(_ bytes: [UInt8], _ version: ToolState.Version, at time: Timestamp = .now()) throws(SystemError) {
        let folder = try Folder.making(path)
        var names = try names(in: folder)
        if let last = names.last, try folder.open(last, .read).read() == bytes { return }
        // The name starts with the time, for sorting, and contains the serial, for people.
        let name = "\(time.textInFileName)-serial-\(version.serial).tfstate"
        try folder.put(bytes, at: name)
        names.append(name)
        for old in names.sorted().dropLast(Self.limit) { try folder.remove(old) }
    }

    /// Copies a state from the middle of a change, replacing the last such copy.
    func keepInterim(_ bytes: [UInt8]) throws(SystemError) {
        let folder = try Folder.making(path)
        if try ToolState.read(Self.interim, in: folder).bytes == bytes { return }
        try folder.put(bytes, at: Self.interim)
    }

    /// Copies a state that cannot be used, once for each content.
    ///
    /// - Returns: The path of the copy.
    func keepAside(_ bytes: [UInt8]) throws(SystemError) -> String {
        let folder = try Folder.making(path)
        // The name must not end in .tfstate, so that this copy is never restored.
        let name = "unusable-\(Checksum(of: bytes).text.filter(\.isHexDigit).suffix(16))"
        if try folder.status(of: name) == nil { try folder.put(bytes, at: name) }
        return folder.path(of: name)
    }

    private static let interim = "interim.tfstate"

    /// Returns the complete copy of a lineage (of any lineage for `nil`) with the highest serial; `nil` when there is
    /// none.
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

    /// Returns the content of the newest copy, including one from the middle of a change; `nil` when there is none.
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
