import EnvironmentDomain

@testable import Persistence

/// What libFuzzer calls with each input: decoding ends with a document or with `Damage`, and what was decoded is
/// encoded to something that decodes to the same.
///
/// An input that begins with an odd byte is given the checksum that fits it: nothing would ever come past it by chance.
@_cdecl("LLVMFuzzerTestOneInput")
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    var bytes = unsafe Array(UnsafeBufferPointer(start: start, count: count))
    if let first = bytes.first, first % 2 == 1 {
        let rest = bytes.dropFirst()
        bytes = Array("{\n  \"checksum\" : \"\(Checksum(of: rest).text)\",".utf8) + rest
    }
    let format = DocumentFormat<AnyEnvironmentState>(documentKey: "environment")
    if let stored = try? format.decode(bytes), stored.serial > 0 {
        guard let again = try? format.encode(stored), (try? format.decode(again)) == stored else {
            preconditionFailure("decoded and not encoded to the same: \(stored)")
        }
        _ = format.isFaithful(stored, to: bytes)
    }
    if let line = try? HistoryLine(text: bytes) {
        guard let text = try? line.text(), (try? HistoryLine(text: text)) == line else {
            preconditionFailure("a history line is not what it was: \(line)")
        }
    }
    _ = LockRecord.read(bytes)
    _ = JSONSyntax.firstError(in: bytes)
    return 0
}

@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ count: UnsafeMutablePointer<CInt>,
    _ words: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// The name by which the package manager has the linker call `main`; libFuzzer's own is not reached.
@_cdecl("decoder_fuzzer_main")
public func decoderFuzzerMain(
    _ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    var count = count
    var words = unsafe words
    return unsafe runDriver(&count, &words, testOneInput)
}
