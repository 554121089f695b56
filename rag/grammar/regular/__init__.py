"""Regular languages: patterns of JSON Schema as trees and automata."""
