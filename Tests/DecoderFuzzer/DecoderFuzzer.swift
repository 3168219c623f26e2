import EnvironmentDomain
import JSONText

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
    _ = LeaseHolder(record: bytes)
    checkJSON(bytes)
    return 0
}

/// A text that is read ends as it was in every layout, and the head of one is a part of it.
private func checkJSON(_ bytes: [UInt8]) {
    guard let document = try? JSONDocument(bytes) else { return }
    let value = JSONValue(document.root)
    let compact = document.root.text()
    for style in [[], .pretty, .sortedNames, [.pretty, .sortedNames]] as [JSONStyle] {
        guard (try? JSONValue(parsing: document.root.text(style))) == value,
            (try? JSONValue(parsing: value.text(style))) == value
        else { preconditionFailure("another value in another layout: \(String(decoding: compact, as: UTF8.self))") }
    }
    guard (try? JSONDocument(document.root.text(.pretty)))?.root.text() == compact else {
        preconditionFailure("another text in another layout: \(String(decoding: compact, as: UTF8.self))")
    }
    for member in value.object ?? [:] {
        guard let head = try? JSONDocument(bytes, stoppingBefore: member.name), let unread = head.unread,
            unread.lowerBound == document.root[member.name]?.range.lowerBound
        else { preconditionFailure("no head before \(member.name): \(String(decoding: bytes, as: UTF8.self))") }
    }
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
