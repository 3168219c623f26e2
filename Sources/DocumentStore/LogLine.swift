import JSONText
import OperatingSystem

/// One line of a document's log: the members of one save, the whole document among them, behind an envelope whose first
/// member is the checksum of everything that follows it.
///
///     {"checksum":"crc32c:…","serial":31,"lineage":"…","previous":"crc32c:…", …members of the save…}
///
/// The envelope has this one form, so a line is checked and numbered without a JSON parser. The checksum covers every
/// byte behind the comma that ends its member.
public struct LogLine: Hashable, Sendable {
    /// The line as it is in the log, without its newline.
    public let bytes: [UInt8]
    /// 1 for the first save, then one more each.
    public let serial: Int
    /// 32 hexadecimal digits, made at the first save and never changed.
    public let lineage: String
    /// The CRC-32C of the line before, without its newline; `nil` on the first.
    public let previous: UInt32?

    private static let opening = Array("{\"checksum\":\"crc32c:".utf8)
    private static let coveredFrom = 30
    /// What every JSON reader holds exactly, with room for all saves to come.
    package static let serials = 1...(1 << 53)

    /// Makes the line of a save.
    ///
    /// - Parameter object: the members of the save, a compact JSON object with at least one member.
    public init(serial: Int, lineage: String, previous: UInt32?, object: [UInt8]) {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(object.count + 160)
        bytes += Self.opening
        bytes += "00000000\",\"serial\":\(serial),\"lineage\":\"\(lineage)\",".utf8
        if let previous { bytes += "\"previous\":\"crc32c:\(Self.digits(previous))\",".utf8 }
        bytes += object.dropFirst()
        let checksum = crc32c(bytes, from: Self.coveredFrom)
        bytes.replaceSubrange(Self.opening.count..<Self.opening.count + 8, with: Self.digits(checksum).utf8)
        self.bytes = bytes
        self.serial = serial
        self.lineage = lineage
        self.previous = previous
    }

    /// Makes the line of the save after another one: the next serial, or a higher one that is asked for.
    ///
    /// - Parameters:
    ///   - before: the newest line; `nil` for the first save.
    ///   - lineage: that of a document that is saved for the first time.
    ///   - serial: the least serial of the line.
    ///   - object: the members of the save, a compact JSON object with at least one member.
    public init(after before: LogLine?, lineage: String, atLeast serial: Int = 1, object: [UInt8]) {
        self.init(
            serial: max(serial, (before?.serial ?? 0) + 1), lineage: before?.lineage ?? lineage,
            previous: before?.checksum, object: object)
    }

    /// Reads a line; `nil` unless it is whole, every constant byte included: any byte of a line that is being written may
    /// still be the old one.
    public init?(_ bytes: some Collection<UInt8>) {
        self.init(whole: Array(bytes))
    }

    private init?(whole bytes: [UInt8]) {
        guard bytes.count > Self.coveredFrom + 10, bytes.starts(with: Self.opening), bytes.last == UInt8(ascii: "}"),
            bytes[28] == UInt8(ascii: "\""), bytes[29] == UInt8(ascii: ","),
            Self.digits(crc32c(bytes, from: Self.coveredFrom)).utf8.elementsEqual(bytes[20..<28])
        else { return nil }
        var position = Self.coveredFrom
        func skip(_ text: StaticString) -> Bool {
            let count = text.utf8CodeUnitCount
            guard position + count <= bytes.count,
                bytes[position..<position + count].elementsEqual(text.description.utf8)
            else { return false }
            position += count
            return true
        }
        func take(_ count: Int) -> ArraySlice<UInt8> {
            defer { position = min(position + count, bytes.count) }
            return bytes[position..<min(position + count, bytes.count)]
        }
        guard skip("\"serial\":") else { return nil }
        let digits = bytes[position...].prefix { (48...57).contains($0) }
        guard digits.count <= 16, let serial = Int(String(decoding: digits, as: UTF8.self)),
            Self.serials.contains(serial)
        else { return nil }
        position += digits.count
        guard skip(",\"lineage\":\"") else { return nil }
        let lineage = take(32)
        guard lineage.count == 32, lineage.allSatisfy(\.isHexadecimal), skip("\",") else { return nil }
        var previous: UInt32?
        if skip("\"previous\":\"crc32c:") {
            previous = UInt32(String(decoding: take(8), as: UTF8.self), radix: 16)
            guard previous != nil, skip("\",") else { return nil }
        }
        self.bytes = bytes
        self.serial = serial
        self.lineage = String(decoding: lineage, as: UTF8.self)
        self.previous = previous
    }

    /// Reads a checkpoint, or another pretty-printed line.
    public init?(pretty bytes: [UInt8]) {
        guard let compact = Self.compact(bytes) else { return nil }
        self.init(whole: compact)
    }

    private static func compact(_ bytes: [UInt8]) -> [UInt8]? { (try? JSONDocument(bytes))?.root.text() }

    /// The line with the checksum of what it holds now, for text that a person edited; `nil` when it is no line.
    public init?(edited bytes: [UInt8]) {
        guard var bytes = Self.compact(bytes), bytes.count > Self.coveredFrom + 10, bytes.starts(with: Self.opening)
        else { return nil }
        let checksum = crc32c(bytes, from: Self.coveredFrom)
        bytes.replaceSubrange(20..<28, with: Self.digits(checksum).utf8)
        self.init(whole: bytes)
    }

    /// The checksum of the whole line, which the next line names as the one before it.
    public var checksum: UInt32 { crc32c(bytes) }

    /// The line as a checkpoint: the same members in the same order, indented, with a newline at its end.
    public var pretty: [UInt8] {
        // What is no JSON was not made by a store; as it is it says more than nothing.
        ((try? JSONDocument(bytes))?.root.text(.pretty) ?? bytes) + [UInt8(ascii: "\n")]
    }

    /// Whether bytes begin as a line of this form, be it whole or not.
    package static func isBegun(_ bytes: ArraySlice<UInt8>) -> Bool { bytes.starts(with: opening.prefix(12)) }

    private static func digits(_ value: UInt32) -> String {
        let text = String(value, radix: 16)
        return String(repeating: "0", count: 8 - text.utf8.count) + text
    }
}

extension UInt8 {
    fileprivate var isHexadecimal: Bool { (48...57).contains(self) || (97...102).contains(self) }
}
