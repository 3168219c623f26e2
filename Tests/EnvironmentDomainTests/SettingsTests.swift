import Testing

// The compiler silently ignores an unknown feature name in Package.swift; here it is an error.
#if !hasFeature(ExistentialAny)
    #error("ExistentialAny is off")
#endif
#if !hasFeature(ImmutableWeakCaptures)
    #error("ImmutableWeakCaptures is off")
#endif
#if !hasFeature(InferIsolatedConformances)
    #error("InferIsolatedConformances is off")
#endif
#if !hasFeature(InternalImportsByDefault)
    #error("InternalImportsByDefault is off")
#endif
#if !hasFeature(MemberImportVisibility)
    #error("MemberImportVisibility is off")
#endif
#if !hasFeature(NonisolatedNonsendingByDefault)
    #error("NonisolatedNonsendingByDefault is off")
#endif
#if !hasFeature(StrictMemorySafety)
    #error("StrictMemorySafety is off")
#endif

@Suite("The settings of the package")
struct SettingsTests {
    @Test("Every upcoming feature of the manifest is checked in this file")
    func everyFeature() throws {
        let manifest = try PackageFiles.text("Package.swift")
        let features = manifest.matches(of: /enableUpcomingFeature\("(\w+)"\)/).map { String($0.1) }
        let asked = try PackageFiles.text("Tests/EnvironmentDomainTests/SettingsTests.swift")
        #expect(!features.isEmpty)
        for feature in features {
            #expect(asked.contains("#if !hasFeature(\(feature))"), "\(feature) is not asked for")
        }
    }
}
