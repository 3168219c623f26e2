import EnvironmentDomain
import JSONText

@testable import Persistence

/// The entry point that libFuzzer calls with each input.
///
/// Decoding must return a document or throw `Damage`, and a decoded document must be equal after encoding and decoding.
/// An input that begins with an odd byte gets the matching checksum, which no input would have by chance.
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

/// Checks that an accepted text keeps its value in every style, and that its head is a part of it.
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

/// The entry point of the program, under the name that the package manager gives to `main`; it starts libFuzzer's driver.
@_cdecl("decoder_fuzzer_main")
public func decoderFuzzerMain(
    _ count: CInt, _ words: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>?
) -> CInt {
    var count = count
    var words = unsafe words
    return unsafe runDriver(&count, &words, testOneInput)
}
