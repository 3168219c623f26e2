import Foundation
import OperatingSystem
import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("The tool's state")
struct ToolStateTests {
    private static let whole = #"{"version":4,"serial":5,"lineage":"l-1","outputs":{},"resources":[]}"#

    @Test("is complete, empty, torn or missing")
    func kinds() {
        #expect(ToolState(nil) == .missing)
        #expect(ToolState([]) == .empty)
        #expect(ToolState(Array(Self.whole.utf8)) == .whole(.init(lineage: "l-1", serial: 5)))
        for count in 1..<Self.whole.utf8.count {
            guard case .torn = ToolState(Array(Self.whole.utf8.prefix(count))) else {
                Issue.record("\(count) bytes are taken for whole")
                return
            }
        }
    }

    @Test("lists its resources, and which of them are complete")
    func resources() {
        let text =
            #"{"serial":5,"lineage":"l","resources":[{"type":"t","name":"a","instances":[{"index_key":0,"#
            + #""status":"tainted"},{"index_key":1}]},{"module":"module.m","type":"t","name":"b","instances":[{}]}]}"#
        let bytes = Array(text.utf8)
        #expect(ToolState.addresses(bytes) == ["t.a[0]", "t.a[1]", "module.m.t.b"])
        #expect(ToolState.untainted(bytes) == ["t.a[1]", "module.m.t.b"])
        #expect(ToolState.untainted(Array("{".utf8)) == nil)
    }

    @Test(
        "is torn when it has no lineage or serial",
        arguments: ["{}", #"{"serial":1}"#, #"{"lineage":"x"}"#, #"{"lineage":"","serial":1}"#, "[]", "\0\0\0"])
    func unnamed(text: String) {
        #expect(ToolState(Array(text.utf8)).version == nil)
    }

    @Test("follows an earlier one of its lineage and no other")
    func order() {
        let version = ToolState.Version(lineage: "a", serial: 3)
        #expect(version.follows(.init(lineage: "a", serial: 3)) && version.follows(.init(lineage: "a", serial: 1)))
        #expect(!version.follows(.init(lineage: "a", serial: 4)) && !version.follows(.init(lineage: "b", serial: 1)))
    }

    @Test("lists its resources, and the created ones that it lacks")
    func addresses() throws {
        let state = #"""
            {"resources":[{"mode":"managed","type":"t","name":"one","instances":[{}]},
            {"module":"module.m[0]","type":"t","name":"many","instances":[{"index_key":0},{"index_key":"b"},{"index_key":"\"${x}\n"}]},
            {"type":"t","name":"none","instances":[]}]}
            """#
        let known = try #require(ToolState.addresses(Array(state.utf8)))
        #expect(
            known == [
                "t.one", "module.m[0].t.many[0]", "module.m[0].t.many[\"b\"]", #"module.m[0].t.many["\"$${x}\n"]"#,
            ])
        #expect(ToolState.addresses(Array(state.utf8.dropLast())) == nil)
        var report = ToolReport.State()
        report.completed = ["t.one", "t.two"]
        report.running = ["t.three": "create"]
        #expect(report.unknown(to: known) == ["t.three", "t.two"])
        report.failed = ["t.one", "t.four"]
        #expect(report.unknown(to: known, after: .orderly) == ["t.three", "t.two"])
        #expect(report.unknown(to: known, after: .brokenOff) == ["t.four", "t.three", "t.two"])
        #expect(report.unknown(to: known, after: .stopped) == ["t.four", "t.one", "t.three", "t.two"])
    }

    @Test("is extracted unchanged from the tool's last output")
    func dump() async throws {
        try await withTemporaryFolder { folder in
            // The state has a number that decoding and encoding would change, and brackets in texts.
            let state = #"{"version":4,"serial":7,"lineage":"l-1","x":[12345678901234567890.10,"}]\"{",{"y":"\\"}]}"#
            let lines = [
                #"{"type":"version"}"#,
                #"{"@message":"Emergency state dump","@timestamp":"t","state":\#(state),"type":"log"}"#,
                #"{"type":"diagnostic"}"#,
            ]
            try write(lines.joined(separator: "\n") + "\n", to: "\(folder)/events")
            #expect(StateDump.find(in: "\(folder)/events") == Array(state.utf8))
            // A dump that was truncated by a full disk does not count.
            try write(String(lines[1].dropLast(30)), to: "\(folder)/torn")
            #expect(StateDump.find(in: "\(folder)/torn") == nil)
            #expect(StateDump.find(in: "\(folder)/missing") == nil)
        }
    }

    @Test("is copied once for each content, and the newest of its lineage is found")
    func copies() async throws {
        try await withTemporaryFolder { folder in
            let copies = StateCopies(path: "\(folder)/copies")
            #expect(try copies.newest(of: nil) == nil)
            for serial in [1, 1, 2, 3] {
                let version = ToolState.Version(lineage: "a", serial: serial)
                try copies.keep(Array(#"{"lineage":"a","serial":\#(serial)}"#.utf8), version)
            }
            #expect(names(in: "\(folder)/copies").count == 3)
            try write("", to: "\(folder)/copies/99999999T0-serial-9.tfstate")
            #expect(try copies.newest(of: "a")?.version.serial == 3)
            #expect(try copies.newest(of: "b") == nil)
            try copies.keepInterim(Array(#"{"lineage":"a","serial":4}"#.utf8))
            #expect(try copies.newest(of: "a")?.path.hasSuffix("interim.tfstate") == true)
            for serial in 5..<40 {
                let version = ToolState.Version(lineage: "a", serial: serial)
                try copies.keep(Array(#"{"lineage":"a","serial":\#(serial)}"#.utf8), version)
            }
            #expect(names(in: "\(folder)/copies").count <= StateCopies.limit + 1)
            #expect(try copies.newest(of: "a")?.version.serial == 39)
            for name in names(in: "\(folder)/copies") where name != "99999999T0-serial-9.tfstate" {
                #expect(try mode("\(folder)/copies/\(name)") == 0o600)
            }
        }
    }
}
