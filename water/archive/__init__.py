"""The hundred-year archive 百年档案: OCFL 1.1 objects, a Merkle log over them, three copies."""
