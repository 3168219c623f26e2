import Foundation
import TestSupport
import Testing

@Suite("What must not compile", .slow)
struct FixtureTests {
    static func check(_ folder: String, _ name: String) async throws {
        let complaint = try await FixtureCompiler().compile(PackageFiles.fixture(folder, name))
        #expect(complaint == "")
    }

    @Test("Legal use of the public API compiles", arguments: PackageFiles.fixtures("Legal"))
    func legal(name: String) async throws {
        try await Self.check("Legal", name)
    }

    @Test("The program of the README uses only public API")
    func readme() async throws {
        let program = PackageFiles.root.appending(path: "Examples/minimal-deploy/Deploy.swift")
        #expect(try await FixtureCompiler().compile(program) == "")
    }

    @Test("Circumventing the types is refused", arguments: PackageFiles.fixtures("Types"))
    func types(name: String) async throws {
        try await Self.check("Types", name)
    }

    @Test("Using a handle more than once is refused", arguments: PackageFiles.fixtures("Ownership"))
    func ownership(name: String) async throws {
        try await Self.check("Ownership", name)
    }

    @Test(
        "Passing a command the wrong environment, or the same one twice, is refused",
        arguments: PackageFiles.fixtures("Commands"))
    func commands(name: String) async throws {
        try await Self.check("Commands", name)
    }

    @Test("The folders contain the expected fixtures")
    func fixtures() {
        #expect(PackageFiles.fixtures("Legal") == ["Chain", "Everything", "Stranger"])
        #expect(PackageFiles.fixtures("Types").count >= 10)
        #expect(PackageFiles.fixtures("Ownership").count >= 3)
        #expect(PackageFiles.fixtures("Commands").count >= 3)
    }
}

@Suite("The runner of the fixtures")
struct FixtureCompilerTests {
    @Test("It notices code that compiles although an error was expected")
    func noticesWhatCompiles() async throws {
        let complaint = try await FixtureCompiler().compile(
            text: """
                import EnvironmentDomain

                func legal(_ environment: consuming Environment<Created>) {
                    // expected-error@+1 {{requires the types}}
                    _ = environment.startProvisioning()
                }
                """)
        #expect(complaint != "")
        #expect(complaint.contains("expected error not produced"))
    }

    @Test("It notices a missing ownership error")
    func noticesMissingOwnershipError() async throws {
        let complaint = try await FixtureCompiler().compile(
            text: """
                import EnvironmentDomain

                // expected-error@+1 {{consumed more than once}}
                func legal(_ environment: consuming Environment<Created>) {
                    _ = environment.startProvisioning()
                }
                """)
        #expect(complaint != "")
        #expect(complaint.contains("expected error not produced"))
    }

    @Test("It notices an error that was not expected")
    func noticesUnannouncedError() async throws {
        let complaint = try await FixtureCompiler().compile(
            text: """
                import EnvironmentDomain

                func illegal(_ environment: consuming Environment<Provisioned>) {
                    _ = environment.startProvisioning()
                }
                """)
        #expect(complaint != "")
        #expect(complaint.contains("unexpected error produced"))
    }

    @Test("It notices an error with an unexpected text")
    func noticesOtherError() async throws {
        let complaint = try await FixtureCompiler().compile(
            text: """
                import EnvironmentDomain

                func illegal(_ environment: consuming Environment<Provisioned>) {
                    // expected-error@+1 {{requires the types 'Running' and 'Created' be equivalent}}
                    _ = environment.startProvisioning()
                }
                """)
        #expect(complaint != "")
    }

    @Test("It notices a missing module")
    func noticesMissingModule() async throws {
        #expect(try await FixtureCompiler().compile(text: "import NoSuchModule").contains("no such module"))
    }
}
