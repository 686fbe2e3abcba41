-- The index of pairs 字对索引: which features have a character, or two side by side, in one of their
-- texts. Words of Chinese have no spaces between them, so whatever is looked for is looked for as the
-- pairs that it is made of; a text without all of them does not hold it.

create function history.pairs(variadic texts text[]) returns text[]
  language plpgsql immutable parallel safe cost 2000 as $$
declare
  -- Folded as CQL2's casei is; a separator keeps the end of one text from the beginning of the next.
  marks text[] := string_to_array(
    upper(lower(array_to_string(texts, chr(31)) collate "und-x-icu")) collate "C", null);
begin
  return marks || array(select l || r from unnest(marks, marks[2:]) side(l, r) where r is not null);
end $$;
comment on function history.pairs is 'The characters of texts, and each two that stand side by side; without case';
