"""What deskpulse remembers: tables, migrations and every query over them."""
