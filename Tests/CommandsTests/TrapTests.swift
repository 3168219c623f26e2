import EnvironmentDomain
import Testing

@testable import Commands

@Suite("A mistake in the source of a program")
struct TrapTests {
    private func message(_ result: ExitTest.Result?) -> String {
        String(decoding: result?.standardErrorContent ?? [], as: UTF8.self)
    }

    @Test("such as an invalid literal traps with the rule and the text")
    func literals() async {
        let name = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let name: EnvironmentName = "My Env"
            print(name)
        }
        #expect(message(name).contains("\"My Env\" is not a valid environment name: 1 to 63 lower-case letters"))
        let step = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            print(Step("Create Instance") { _ in }.name)
        }
        #expect(message(step).contains("\"Create Instance\" is not a valid step name: 1 to 100 lower-case letters"))
        let output = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            print(OutputKey<Int>("the port").name)
        }
        #expect(message(output).contains("\"the port\" is not a valid output name: 1 to 100 letters"))
        let kind = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            print(Provider("My Shop").reference.kind)
        }
        #expect(message(kind).contains("\"My Shop\" is not a valid provider: 1 to 100 lower-case letters"))
        let user = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            print(SSHCredentials.generated(for: "a b").username)
        }
        #expect(message(user).contains("\"a b\" is not a valid SSH user name: 1 to 32 letters"))
        let parameter = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            let parameters: [ParameterName: String] = ["The Tag": "v1"]
            print(parameters)
        }
        #expect(message(parameter).contains("\"The Tag\" is not a valid parameter name: 1 to 100 lower-case letters"))
    }

    @Test("with two steps of the same name in a phase traps with the provider, the phase and the name")
    func duplicateNames() async {
        let result = await #expect(processExitsWith: .failure, observing: [\.standardErrorContent]) {
            _ = Provider("shop", provision: [Step("a") { _ in }], release: [Step("b") { _ in }, Step("b") { _ in }])
        }
        #expect(message(result).contains("the provider shop has two steps b in the phase release"))
    }
}
