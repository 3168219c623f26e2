import Testing

@testable import Commands

@Suite("The outputs of a step")
struct OutputsTests {
    private static func outputs(_ text: String, isFinished: Bool = true) -> Outputs {
        Outputs(Array(text.utf8), isFinished: isFinished)
    }

    private static func scalars(_ values: [(name: String, value: String)]) -> [[UInt32]] {
        values.map { "\($0.name)=\($0.value)".unicodeScalars.map(\.value) }
    }

    @Test(
        "are the lines and the blocks of its file, byte for byte",
        arguments: [
            ("a=1\nb=2\n", [("a", "1"), ("b", "2")]),
            ("a=1\r\nb=2\r\n", [("a", "1"), ("b", "2")]),
            ("a=1\r", [("a", "1")]),
            ("a=1\r\r\n", [("a", "1\r")]),
            ("a=1\r2\n", [("a", "1\r2")]),
            ("a=\u{200D}x\n", [("a", "\u{200D}x")]),
            ("a=\u{301}\n", [("a", "\u{301}")]),
            ("a=e\u{301}\nb=\u{E9}\n", [("a", "e\u{301}"), ("b", "\u{E9}")]),
            ("a=\u{FEFF}x\n", [("a", "\u{FEFF}x")]),
            ("a=b=c<<d\n", [("a", "b=c<<d")]),
            ("a= 1 \n", [("a", " 1 ")]),
            ("a=\n", [("a", "")]),
            ("a<<END\none\ntwo\nEND\nb=2\n", [("a", "one\ntwo"), ("b", "2")]),
            ("a<<END\nEND\n", [("a", "")]),
            ("a<<END\n\nEND\n", [("a", "")]),
            ("a<<END\n\n\nEND", [("a", "\n")]),
            ("a<<END\nEND of it\n END\nEND\n", [("a", "END of it\n END")]),
            ("a<<END\r\none\r\ntwo\r\nEND\r\n", [("a", "one\ntwo")]),
            ("a<<END\none\r\ntwo\r\nEND\r\n", [("a", "one\r\ntwo")]),
            ("a<<END\none\r\nEND\n", [("a", "one")]),
            ("a<<x=y\nb=1\nc<<z\nx=y\n", [("a", "b=1\nc<<z")]),
            ("a<<\u{301}\none\n\u{301}\n", [("a", "one")]),
            ("", []), ("\n\r\n\n", []),
        ] as [(String, [(name: String, value: String)])])
    func wellFormed(text: String, values: [(name: String, value: String)]) {
        let outputs = Self.outputs(text)
        #expect(Self.scalars(outputs.values) == Self.scalars(values))
        #expect(outputs.complaints == [])
    }

    @Test(
        "that are invalid are reported, and the others are kept",
        arguments: [
            ("b-c=1", #"line 2 of $OUTPUTS sets "b-c": a name is"#),
            ("=1", #"line 2 of $OUTPUTS sets "": a name is"#),
            ("b\u{301}=1", "line 2 of $OUTPUTS sets \"b\u{301}\": a name is"),
            ("nothing", #"line 2 of $OUTPUTS is "nothing", and neither name=value nor name<<DELIMITER"#),
            ("b=x\0y", #"line 2 of $OUTPUTS sets "b": its value has a zero byte"#),
            ("b<<", #"line 2 of $OUTPUTS begins a block of "b" and names no delimiter behind <<"#),
            ("b c<<E\nx\nE", #"line 2 of $OUTPUTS sets "b c": a name is"#),
        ])
    func faults(line: String, complaint: String) {
        let outputs = Self.outputs("a=1\n\(line)\nz=2\n")
        #expect(outputs.values.map(\.name) == ["a", "z"])
        #expect(outputs.complaints.count == 1)
        #expect(outputs.complaints.first?.hasPrefix(complaint) == true, "\(outputs.complaints)")
    }

    @Test("that are not UTF-8 are named and not replaced")
    func notUTF8() {
        let outputs = Outputs(
            Array("a=1\nb=".utf8) + [0xFF, 0x0A] + Array("c<<E\n".utf8) + [0xC3, 0x0A] + Array("E\nd=2\n".utf8),
            isFinished: true)
        #expect(outputs.values.map(\.name) == ["a", "d"])
        #expect(outputs.complaints.count == 2)
        #expect(
            outputs.complaints.first?.hasPrefix("line 2 of $OUTPUTS sets \"b\": its value is not text in UTF-8") == true
        )
        #expect(
            outputs.complaints.last?.hasPrefix("line 3 of $OUTPUTS sets \"c\": its value is not text in UTF-8") == true)
    }

    @Test("with an unterminated block are those before the block")
    func noEnd() {
        let outputs = Self.outputs("a=1\nb<<END\nc=2\n END\n")
        #expect(outputs.values.map(\.name) == ["a"])
        #expect(
            outputs.complaints == [
                #"line 2 of $OUTPUTS begins a block of "b", and no line is "END", which would end it"#
            ])
    }

    @Test("of a failed step are its complete lines, and the incomplete one is reported")
    func torn() {
        let outputs = Self.outputs("a=1\nb=2", isFinished: false)
        #expect(outputs.values.map(\.name) == ["a"])
        #expect(outputs.complaints.first?.hasPrefix(#"line 2 of $OUTPUTS is "b=2"; it has no end of line"#) == true)
    }

    @Test(
        "are read as they were set in Swift",
        arguments: [
            "", "x", "a=b", "<<", "\u{200D}", "x\r", "one\ntwo", "one\r\ntwo\r\n", "\n", "\r\n", "END", "a\nEND\nb",
            "a\nEND_\nEND\r",
            "\u{FEFF}e\u{301}", "9007199254740993", "1.10",
        ])
    func roundTrip(value: String) {
        let outputs = Self.outputs("before=1\n" + Outputs.text(name: "x", value: value) + "after=2\n")
        #expect(Self.scalars(outputs.values) == Self.scalars([("before", "1"), ("x", value), ("after", "2")]))
        #expect(outputs.complaints == [])
    }

    @Test("beyond the limit are omitted, but never the address")
    func totalLimit() {
        let big = String(repeating: "v", count: Outputs.valueLimit)
        let lines = (1...9).map { "big_\($0)=\(big)\n" }.joined() + (1...3000).map { "n\($0)=xxxxxxxx\n" }.joined()
        var stored = ["old": "1"]
        let complaints = Self.outputs(lines + "instance_address=10.0.0.1\n").merge(into: &stored)
        #expect(stored["instance_address"] == "10.0.0.1" && stored["old"] == "1" && stored["big_7"] == big)
        #expect(stored["big_9"] == nil)
        #expect(stored.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } <= Outputs.totalLimit)
        #expect(complaints.contains { $0.contains("big_9") && $0.contains("262144") })
        #expect(complaints.count + stored.count == 9 + 3000 + 1 + 1)
    }

    @Test("that are too long are reported")
    func valueLimit() {
        let outputs = Self.outputs(
            "a=1\nb=\(String(repeating: "é", count: 16385))\nc=\(String(repeating: "v", count: 32768))\n")
        #expect(outputs.values.map(\.name) == ["a", "c"])
        #expect(
            outputs.complaints == [
                #"line 2 of $OUTPUTS sets "b": its value has 32770 bytes, and at most 32768 are possible"#
            ])
    }

    @Test("of a file that is too large are those at its beginning")
    func fileLimit() {
        let line = Array("a=\(String(repeating: "v", count: 1000))\n".utf8)
        let count = Outputs.fileLimit / line.count + 2
        let outputs = Outputs(
            Array("first=1\n".utf8) + Array(repeatElement(line, count: count).joined()), isFinished: true)
        #expect(outputs.values.first?.name == "first")
        #expect(outputs.complaints == ["$OUTPUTS has more than 16777216 bytes, and what is behind them was not read"])
    }

    @Test("that an earlier version stored under names that differ in case only are found")
    func storedCollisions() {
        let found = Outputs.collisions(in: ["x": "1", "X": "2", "y": "3", "aB": "4", "Ab": "5"])
        #expect(found.map(\.variable) == ["OUTPUT_AB", "OUTPUT_X"])
        #expect(found.map(\.names) == [["Ab", "aB"], ["X", "x"]])
    }

    @Test("whose names differ in case only are refused, within a step and between steps", arguments: [["x": "0"], [:]])
    func collisions(before: [String: String]) {
        var stored = before
        let complaints = Self.outputs("x=1\nX=2\ny=3\n").merge(into: &stored)
        #expect(stored == ["x": "1", "y": "3"])
        #expect(complaints.count == 1 && complaints.first?.contains("OUTPUT_X") == true)
    }
}
