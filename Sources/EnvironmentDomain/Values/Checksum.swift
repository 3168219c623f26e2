/// A CRC-32C checksum, written `crc32c:` and eight lower-case hexadecimal digits.
///
/// The polynomial is Castagnoli's (reflected 0x82F63B78), as iSCSI (RFC 3720), ext4 and Btrfs use it; computed eight
/// bytes a round ("slicing by 8", Kounavis and Berry 2005). It finds accidents and edits, not attacks.
public struct Checksum: ValidatedText {
    public let text: String

    public init(_ text: String) throws(InvalidValue) {
        guard text.hasPrefix(Self.prefix),
            text.dropFirst(Self.prefix.count).consists(of: .hexadecimal, then: .hexadecimal, length: 8...8)
        else {
            throw InvalidValue(
                kind: "checksum", text: text, rule: "crc32c: and eight lower-case hexadecimal digits",
                example: "crc32c:0a1b2c3d")
        }
        self.text = text
    }

    /// Computes the checksum of the bytes.
    public init(of bytes: some Sequence<UInt8>) {
        let value =
            unsafe bytes.withContiguousStorageIfAvailable { unsafe Self.crc($0.span.bytes) }
            ?? Self.crc(Array(bytes).span.bytes)
        text = Self.prefix + hexadecimal(value)
    }

    /// The eight digits without the prefix.
    public var digits: String { String(text.suffix(8)) }

    private static let prefix = "crc32c:"

    /// Table `n` advances a byte over `n` more zero bytes; table `n` stands at `n * 256`.
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var value = UInt32(byte)
            for _ in 0..<8 { value = value & 1 == 1 ? 0x82F6_3B78 ^ (value >> 1) : value >> 1 }
            tables[byte] = value
        }
        for index in 256..<tables.count {
            let before = tables[index - 256]
            tables[index] = tables[Int(before & 0xFF)] ^ (before >> 8)
        }
        return tables
    }()

    private static func crc(_ bytes: RawSpan) -> UInt32 {
        var value: UInt32 = 0xFFFF_FFFF
        var position = 0
        while position + 8 <= bytes.byteCount {
            let word =
                unsafe UInt64(
                    littleEndian: bytes.unsafeLoadUnaligned(fromByteOffset: position, as: UInt64.self)) ^ UInt64(value)
            value = 0
            for slice in 0..<8 {
                value ^= tables[(7 - slice) * 256 + Int((word >> (UInt64(slice) * 8)) & 0xFF)]
            }
            position += 8
        }
        while position < bytes.byteCount {
            let byte = unsafe bytes.unsafeLoad(fromByteOffset: position, as: UInt8.self)
            value = tables[Int((value ^ UInt32(byte)) & 0xFF)] ^ (value >> 8)
            position += 1
        }
        return ~value
    }
}
