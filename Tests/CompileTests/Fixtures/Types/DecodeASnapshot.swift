import EnvironmentDomain

// expected-note@+2 {{where 'Value' = 'EnvironmentSnapshot<Created>'}}
// expected-note@+1 {{where 'Value' = 'Environment<Created>'}}
func decode<Value: Decodable>(_: Value.Type) {}

// expected-error@+1 {{requires that 'EnvironmentSnapshot<Created>' conform to 'Decodable'}}
func snapshot() { decode(EnvironmentSnapshot<Created>.self) }

func handle() {
    // expected-error@+1 {{requires that 'Environment<Created>' conform to 'Decodable'}}
    decode(Environment<Created>.self)
}
