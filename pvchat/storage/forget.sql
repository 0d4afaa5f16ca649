-- What goes from a library when somebody (:ref, her id in the people store) is forgotten (library.py), but for the row of
-- hers in `people`, whose triggers drop the rest, and for files.
-- Of the clips in which she may be seen or heard all sound goes, others' words too. They count as listened to, so that
-- no scan looks at them again, which would bring her face back, too.
UPDATE clips SET sound = x'', version = replace(version, '+voice', '') || '+voice',
  stale = CASE WHEN coalesce(sound, x'') = x'' THEN stale ELSE 1 END WHERE id IN (
  SELECT p.clip FROM places_of_people AS p JOIN people ON people.id = p.who WHERE people.ref = :ref
  UNION SELECT t.clip FROM tracks AS t JOIN members AS m ON m.track = t.id JOIN groups AS g ON g.id = m."group"
  WHERE g.ref = :ref);
DELETE FROM facts
  WHERE attribute IN ('speaks', 'says', 'language', 'music') AND clip IN (SELECT id FROM clips WHERE sound = x'');
-- The tracks that her faces, vectors and clothes are read from, but for those that surely are somebody else's.
DELETE FROM tracks WHERE id IN (
  SELECT each.value FROM appearances AS a, json_each(a.tracks) AS each
  WHERE a.who IN (SELECT id FROM people WHERE ref = :ref) AND NOT EXISTS (
    SELECT 1 FROM appearances AS b, json_each(b.tracks) AS theirs
    WHERE b.clip = a.clip AND b.who > 0 AND b.who <> a.who AND theirs.value = each.value
      AND b.decision = 'present' AND (a.decision <> 'present' OR b.probability > a.probability)));
-- The tracks of strangers whom the user said to be her.
DELETE FROM tracks WHERE id IN (
  SELECT m.track FROM members AS m JOIN groups AS g ON g.id = m."group" WHERE g.ref = :ref);
