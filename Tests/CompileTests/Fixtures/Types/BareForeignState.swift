import EnvironmentDomain

// expected-error@+2 {{type 'Melted' does not conform to protocol 'EnvironmentState'}}
// expected-note@+1 {{add stubs for conformance}}
struct Melted: EnvironmentState {}
