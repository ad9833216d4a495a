//! First and last names that accounts are made of.

/// First names.
pub(super) const FIRST: [&str; 48] = [
    "Alice", "Amir", "Ana", "Anton", "Bao", "Beatriz", "Carlos", "Chloe", "Daniel", "Diana", "Emil", "Emma", "Fatima",
    "Felix", "Grace", "Hana", "Hugo", "Ines", "Ivan", "Jana", "Jonas", "Julia", "Kenji", "Lara", "Leon", "Lin",
    "Lucia", "Marco", "Maria", "Mateo", "Mina", "Nadia", "Nils", "Noor", "Olga", "Oscar", "Paula", "Petra", "Rafael",
    "Rania", "Sofia", "Stefan", "Tariq", "Tomas", "Uma", "Vera", "Yusuf", "Zoe",
];

/// Last names.
pub(super) const LAST: [&str; 56] = [
    "Adler", "Almeida", "Bakker", "Becker", "Berger", "Bianchi", "Brandt", "Castro", "Chen", "Costa", "Dahl", "Diaz",
    "Dubois", "Eriksen", "Faber", "Ferrari", "Fischer", "Fontaine", "Garcia", "Gupta", "Haas", "Hansen", "Hoffmann",
    "Ibrahim", "Ito", "Jansen", "Kaya", "Keller", "Khan", "Kovac", "Kruger", "Larsen", "Lopez", "Maier", "Marino",
    "Mendes", "Meyer", "Moreau", "Nakamura", "Novak", "Olsen", "Park", "Petrov", "Reyes", "Rossi", "Sato", "Schmidt",
    "Silva", "Singh", "Tanaka", "Torres", "Vogel", "Wagner", "Weber", "Yilmaz", "Zimmer",
];
