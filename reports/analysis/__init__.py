"""What records say together, before anybody writes it down."""
