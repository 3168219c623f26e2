import EnvironmentDomain

func array(_ environment: consuming Environment<Created>) {
    // expected-error@+1 {{conform to 'Copyable'}}
    _ = [environment]
}

func compare(_ first: borrowing Environment<Created>, _ second: borrowing Environment<Created>) -> Bool {
    // expected-error@+1 {{binary operator '==' cannot be applied to two 'Environment<Created>' operands}}
    first == second
}

func anyValue(_ environment: consuming Environment<Created>) {
    // expected-error@+1 {{cannot convert value of type 'Environment<Created>' to type 'Any' in coercion}}
    _ = environment as Any
}
