import EnvironmentDomain
import OperatingSystem
import Testing

@Suite("A CRC-32C checksum")
struct ChecksumTests {
    @Test(
        "Published vectors give their published checksums",
        arguments: [
            ([], "00000000"), (Array("123456789".utf8), "e3069283"), ([UInt8](repeating: 0, count: 32), "8a9136aa"),
            ([UInt8](repeating: 0xFF, count: 32), "62a8ab43"), ([UInt8](0..<32), "46dd794e"),
            ((0..<32).reversed().map(UInt8.init), "113fdb5c"),
        ])
    func vectors(bytes: [UInt8], digits: String) {
        #expect(Checksum(of: bytes).digits == digits)
        #expect(Checksum(of: bytes).text == "crc32c:\(digits)")
    }

    @Test("The checksum of every length up to 64 is that of the definition and of a log line", arguments: 0...64)
    func lengths(length: Int) {
        var source = RandomSource(seed: UInt64(length))
        for _ in 0..<20 {
            let bytes = (0..<length).map { _ in UInt8.random(in: .min ... .max, using: &source) }
            #expect(Checksum(of: bytes).digits == Self.reference(bytes))
            #expect(Checksum(of: bytes) == Checksum(crc32c(bytes)))
        }
    }

    @Test("Unaligned bytes have the same checksum", arguments: 0..<8)
    func alignment(offset: Int) {
        var source = RandomSource(seed: 8)
        let bytes = (0..<100).map { _ in UInt8.random(in: .min ... .max, using: &source) }
        #expect(Checksum(of: bytes[offset...]).digits == Self.reference(Array(bytes[offset...])))
    }

    @Test("Non-contiguous bytes have the same checksum")
    func notContiguous() {
        let text = "an environment's name: grün 😀"
        #expect(Checksum(of: text.utf8.lazy.map { $0 }) == Checksum(of: Array(text.utf8)))
        #expect(Checksum(of: text.utf8) == Checksum(of: Array(text.utf8)))
        #expect(Checksum(of: stride(from: UInt8(0), to: 32, by: 1)).digits == "46dd794e")
    }

    @Test("Changing any one bit changes the checksum")
    func oneBit() {
        let bytes = Array("{\"serial\":1}".utf8)
        let whole = Checksum(of: bytes)
        for bit in 0..<(bytes.count * 8) {
            var changed = bytes
            changed[bit / 8] ^= 1 << (bit % 8)
            #expect(Checksum(of: changed) != whole)
        }
    }

    /// Computes the checksum by its definition, one bit at a time.
    private static func reference(_ bytes: [UInt8]) -> String {
        var value = UInt32.max
        for byte in bytes {
            value ^= UInt32(byte)
            for _ in 0..<8 {
                let isOdd = value & 1 == 1
                value >>= 1
                if isOdd { value ^= 0x82F6_3B78 }
            }
        }
        let digits = String(~value, radix: 16)
        return String(repeating: "0", count: 8 - digits.count) + digits
    }
}
