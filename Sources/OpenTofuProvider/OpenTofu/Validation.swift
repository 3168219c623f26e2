import Commands
import JSONText
import OperatingSystem

/// What `validate -json` says, one object and no events.
struct Validation: Decodable {
    let valid: Bool
    let diagnostics: [Diagnostic]

    init(_ path: String) throws {
        let bytes = try OpenFile(path, .read).read(limit: 16 << 20)
        do {
            self = try JSONTextDecoder().decode(Validation.self, from: bytes)
        } catch {
            throw StepError(kind: "invalid_configuration", summary: "what validate says is not whole JSON; see \(path)")
        }
    }
}
