import Testing

@testable import Commands
@testable import OpenTofuProvider

@Suite("Drift in the infrastructure")
struct RefreshPlanTests {
    private func differences(_ text: String) throws -> [String] {
        try RefreshPlan(Array(text.utf8)).differences.map { "\($0.subject) \($0.difference)" }
    }

    @Test("is reported with names of resources and attributes, never with values")
    func names() throws {
        let found = try differences(
            #"""
            {"resource_drift":[
              {"address":"aws_instance.web","change":{"actions":["update"],"before":{"id":"i","tags":{"a":"CANARY1"},"size":1},"after":{"id":"i","tags":{"a":"CANARY2"},"size":2}}},
              {"address":"aws_instance.app","change":{"actions":["delete"],"before":{"id":"i"},"after":null}}],
             "output_changes":{"x":{"actions":["update"],"before":"CANARY","after":"y"},"same":{"actions":["no-op"]}}}
            """#)
        #expect(
            found == [
                "aws_instance.app is gone", "aws_instance.web differs in size, tags",
                "output.x would have another value",
            ])
    }

    @Test("is not reported when a provider only represents an empty value differently")
    func nothing() throws {
        let found = try differences(
            #"""
            {"resource_drift":[{"address":"a.b","change":{"actions":["update"],"before":{"tags":null,"x":"","y":[{"z":null}]},"after":{"tags":{},"x":null,"y":[{}]}}}]}
            """#)
        #expect(found.isEmpty)
        #expect(try differences("{}").isEmpty)
        #expect(throws: StepError.self) { try differences("{") }
    }
}
