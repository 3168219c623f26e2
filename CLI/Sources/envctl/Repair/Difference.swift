import CommandLineProgram
import EnvironmentDomain
import JSONText

/// What differs between two stored states, line by line of their JSON.
struct Difference: Encodable, Sendable {
    let from: Int
    let to: Int
    let removed: [String]
    let added: [String]
    /// The changed lines and what stands around them, as `diff -u` shows it.
    let lines: [String]

    enum CodingKeys: String, CodingKey { case from, to, removed, added }

    init(from earlier: StoredEnvironment, to later: StoredEnvironment) throws {
        from = earlier.serial
        to = later.serial
        let (old, new) = (try Self.text(earlier), try Self.text(later))
        let changes = new.difference(from: old)
        var removals: Set<Int> = []
        var insertions: Set<Int> = []
        for change in changes {
            switch change {
            case .remove(let offset, _, _): removals.insert(offset)
            case .insert(let offset, _, _): insertions.insert(offset)
            }
        }
        removed = removals.sorted().map { old[$0].trimmed }
        added = insertions.sorted().map { new[$0].trimmed }

        var all: [(mark: String, text: String)] = []
        var (before, after) = (0, 0)
        while before < old.count || after < new.count {
            if removals.contains(before) {
                all.append(("-", old[before]))
                before += 1
            } else if insertions.contains(after) {
                all.append(("+", new[after]))
                after += 1
            } else {
                all.append((" ", old[before]))
                before += 1
                after += 1
            }
        }
        lines = Self.shown(all, titles: ["--- serial \(earlier.serial)", "+++ serial \(later.serial)"])
    }

    /// The changed lines with three around them.
    private static func shown(_ all: [(mark: String, text: String)], titles: [String]) -> [String] {
        let changed = all.indices.filter { all[$0].mark != " " }
        guard !changed.isEmpty else { return ["nothing differs"] }
        let near = Set(changed.flatMap { max(0, $0 - 3)...min(all.count - 1, $0 + 3) })
        var lines = titles
        var last: Int?
        for index in near.sorted() {
            if let last, index > last + 1 { lines.append("...") }
            lines.append(all[index].mark + all[index].text.onOneLine)
            last = index
        }
        return lines
    }

    private static func text(_ stored: StoredEnvironment) throws -> [String] {
        let text = try JSONTextEncoder(style: [.pretty, .sortedNames]).encode(stored.document)
        return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
    }
}

extension String {
    fileprivate var trimmed: String { String(drop { $0 == " " }) }
}
