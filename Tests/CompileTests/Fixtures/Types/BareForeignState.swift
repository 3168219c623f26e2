import EnvironmentDomain

// expected-error@+3 {{type 'Melted' does not conform to protocol 'EnvironmentState'}}
// expected-error@+2 {{type 'Melted' does not conform to protocol 'StoredForm'}}
// expected-note@+1 {{add stubs for conformance}}
struct Melted: EnvironmentState {}
